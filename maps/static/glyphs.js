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
    context.lineWidth = 3.2 / scale / 1.6;
    context.strokeStyle = "#ffffff";
    context.stroke(layer.options.outline);
    context.fillStyle = layer.options.fillColor;
    context.fill(layer.options.outline);
    context.restore();
  },
});

const Glyph = L.CircleMarker.extend({
  _updatePath() {
    this._renderer._updateGlyph(this);
  },
});

export const glyph = (place, options) => new Glyph(place, options);
