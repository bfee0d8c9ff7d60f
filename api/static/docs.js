// The API reference: Swagger UI from our own server, without its validator and without try-it-out of others.
/* global SwaggerUIBundle */

SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#reference",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: false,
  validatorUrl: null,
  supportedSubmitMethods: ["get"],
  onComplete: () => (document.documentElement.dataset.reference = "ready"),
});
