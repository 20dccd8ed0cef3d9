// SPDX-License-Identifier: MIT
//
// svg_recorder.cpp - shapes to SVG elements.

#include "visualizers/drawing/svg_recorder.h"

#include "gv/xml_text.h"

#include <cstdio>

namespace gv {
namespace {

std::string number(float value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", static_cast<double>(value));
  return text;
}

std::string hex(Color c) {
  char text[8];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", c.red, c.green, c.blue);
  return text;
}

}  // namespace

SvgRecorder::SvgRecorder(Point origin, float width, float height, Color ground)
    : origin_(origin), width_(width), height_(height), ground_(ground) {}

void SvgRecorder::paint(std::string_view attribute, Color color) {
  body_ += ' ';
  body_ += attribute;
  body_ += "=\"" + hex(color) + '"';
  if (color.alpha != 255) {
    body_ += ' ';
    body_ += attribute;
    body_ += "-opacity=\"" + number(static_cast<float>(color.alpha) / 255.0F) + '"';
  }
}

void SvgRecorder::line(Point from, Point to, Color color, float width, bool dashed) {
  body_ += "<line x1=\"" + number(from.x - origin_.x) + "\" y1=\"" + number(from.y - origin_.y) +
           "\" x2=\"" + number(to.x - origin_.x) + "\" y2=\"" + number(to.y - origin_.y) +
           "\" stroke-width=\"" + number(width) + '"';
  paint("stroke", color);
  if (dashed)
    body_ += " stroke-dasharray=\"" + number(width * 3) + ' ' + number(width * 3) + '"';
  body_ += "/>\n";
}

void SvgRecorder::polyline(std::span<const Point> points, Color color, float width, bool closed) {
  body_ += closed ? "<polygon fill=\"none\"" : "<polyline fill=\"none\"";
  paint("stroke", color);
  body_ += " stroke-width=\"" + number(width) + "\" stroke-linejoin=\"round\" points=\"";
  for (const Point p : points)
    body_ += number(p.x - origin_.x) + ',' + number(p.y - origin_.y) + ' ';
  body_ += "\"/>\n";
}

void SvgRecorder::polygon(std::span<const Point> points, Color fill) {
  body_ += "<polygon";
  paint("fill", fill);
  body_ += " points=\"";
  for (const Point p : points)
    body_ += number(p.x - origin_.x) + ',' + number(p.y - origin_.y) + ' ';
  body_ += "\"/>\n";
}

void SvgRecorder::rectangle(Box box, Color fill, float corner) {
  body_ += "<rect x=\"" + number(box.low.x - origin_.x) + "\" y=\"" +
           number(box.low.y - origin_.y) + "\" width=\"" + number(box.width()) + "\" height=\"" +
           number(box.height()) + "\" rx=\"" + number(corner) + '"';
  paint("fill", fill);
  body_ += "/>\n";
}

void SvgRecorder::rectangle_outline(Box box, Color color, float width, float corner) {
  body_ += "<rect fill=\"none\" x=\"" + number(box.low.x - origin_.x) + "\" y=\"" +
           number(box.low.y - origin_.y) + "\" width=\"" + number(box.width()) + "\" height=\"" +
           number(box.height()) + "\" rx=\"" + number(corner) + "\" stroke-width=\"" +
           number(width) + '"';
  paint("stroke", color);
  body_ += "/>\n";
}

void SvgRecorder::circle(Point centre, float radius, Color fill) {
  body_ += "<circle cx=\"" + number(centre.x - origin_.x) + "\" cy=\"" +
           number(centre.y - origin_.y) + "\" r=\"" + number(radius) + '"';
  paint("fill", fill);
  body_ += "/>\n";
}

void SvgRecorder::circle_outline(Point centre, float radius, Color color, float width) {
  body_ += "<circle fill=\"none\" cx=\"" + number(centre.x - origin_.x) + "\" cy=\"" +
           number(centre.y - origin_.y) + "\" r=\"" + number(radius) + "\" stroke-width=\"" +
           number(width) + '"';
  paint("stroke", color);
  body_ += "/>\n";
}

void SvgRecorder::text(Point position, std::string_view text, Color color, FontRole role,
                       float pixels) {
  if (text.empty())
    return;
  const bool mono = role == FontRole::Mono || role == FontRole::MonoStrong;
  const bool strong =
      role == FontRole::Strong || role == FontRole::MonoStrong || role == FontRole::Title;
  // The position is the top of the line; 0.78 is where Inter and JetBrains Mono put the baseline.
  body_ +=
      "<text xml:space=\"preserve\" x=\"" + number(position.x - origin_.x) + "\" y=\"" +
      number(position.y - origin_.y + pixels * 0.78F) + "\" font-family=\"" +
      (mono ? "JetBrains Mono, DejaVu Sans Mono, monospace" : "Inter, DejaVu Sans, sans-serif") +
      "\" font-size=\"" + number(pixels * 0.83F) + '"';
  if (strong)
    body_ += " font-weight=\"600\"";
  paint("fill", color);
  body_ += '>' + xml_text(text) + "</text>\n";
}

void SvgRecorder::push_clip(Box box) {
  const std::string id = "c" + std::to_string(clips_++);
  body_ += "<clipPath id=\"" + id + "\"><rect x=\"" + number(box.low.x - origin_.x) + "\" y=\"" +
           number(box.low.y - origin_.y) + "\" width=\"" + number(box.width()) + "\" height=\"" +
           number(box.height()) + "\"/></clipPath><g clip-path=\"url(#" + id + ")\">\n";
  ++open_clips_;
}

void SvgRecorder::pop_clip() {
  if (open_clips_ == 0)
    return;
  body_ += "</g>\n";
  --open_clips_;
}

std::string SvgRecorder::document(std::string_view title) const {
  const std::string w = number(width_), h = number(height_);
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\""
      " width=\"" +
      w + "\" height=\"" + h + "\" viewBox=\"0 0 " + w + ' ' + h + "\" role=\"img\">\n<title>" +
      xml_text(title) + "</title>\n<rect width=\"" + w + "\" height=\"" + h + "\" fill=\"" +
      hex(ground_) + "\"/>\n" + body_;
  for (int i = 0; i < open_clips_; ++i)
    out += "</g>\n";
  return out + "</svg>\n";
}

}  // namespace gv
