// Marks on a canvas: any outline of a 16 by 16 box, drawn at one size, hit like a circle.
/* global L */

L.Canvas.include({
  _updateGlyph(layer) {
    if (!this._drawing || layer._empty()) return;
    const { x, y } = layer._point;
    const context = this._ctx;
    const scale = layer._radius / 8;
    context.save();
    context.translate(x - 8 * scale, y - 8 * scale);
    context.scale(scale, scale);
    context.lineJoin = "round";
    context.lineWidth = 2 / scale;
    context.strokeStyle = "#ffffff";
    if (layer.options.halo) context.stroke(layer.options.outline);
    context.globalAlpha = layer.options.fillOpacity;
    context.fillStyle = layer.options.fillColor;
    context.fill(layer.options.outline);
    context.restore();
  },

  _updateCount(layer) {
    this._updateCircle(layer);
    if (!this._drawing || layer._empty()) return;
    const { x, y } = layer._point;
    const context = this._ctx;
    context.save();
    context.font = `600 ${Math.min(12, layer._radius * 0.95)}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = "#ffffff";
    context.fillText(layer.options.count, x, y + 0.5);
    context.restore();
  },
});

const Glyph = L.CircleMarker.extend({
  _updatePath() {
    this._renderer._updateGlyph(this);
  },
});

// A circle with a number in it.
const Count = L.CircleMarker.extend({
  _updatePath() {
    this._renderer._updateCount(this);
  },
});

export const glyph = (place, options) => new Glyph(place, { halo: true, fillOpacity: 1, ...options });
export const count = (place, options) => new Count(place, options);
