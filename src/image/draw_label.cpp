#include "image/draw_label.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace anomalyclip {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;

Rgb text_colour(Verdict verdict) {
  switch (verdict) {
    case Verdict::kNormal:
      return {90, 235, 110};
    case Verdict::kAnomalous:
      return {255, 95, 80};
    case Verdict::kUnknown:
      break;
  }
  return {225, 225, 225};
}

std::string ascii(const std::string& utf8) {
  std::string text;
  for (const char character : utf8) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte >= 0x80 && byte < 0xc0)
      continue;  // goes on with a character that is a question mark already
    text += byte < 0x20 || byte >= 0x7f ? '?' : character;
  }
  return text;
}

/// The text's coverage, 0..255, with a margin all round.
cv::Mat1b render(const std::string& text, int frame_width, int frame_height) {
  const int wanted = std::max(10, frame_height / 28);
  int thickness = std::max(1, wanted / 8), baseline = 0;
  double scale = cv::getFontScaleFromHeight(kFont, wanted, thickness);
  cv::Size size = cv::getTextSize(text, kFont, scale, thickness, &baseline);
  const double room = frame_width - wanted;
  if (size.width > room) {
    scale *= std::max(room / size.width, 0.3);
    thickness = 1;
    size = cv::getTextSize(text, kFont, scale, thickness, &baseline);
  }
  const int margin = std::max(2, size.height / 2);
  cv::Mat1b patch(size.height + baseline / 2 + 2 * margin, size.width + 2 * margin,
                  std::uint8_t{0});
  cv::putText(patch, text, {margin, margin + size.height}, kFont, scale, 255, thickness,
              cv::LINE_AA);
  return patch;
}

Ink between(const Ink& ground, const Ink& ink, int coverage) {
  Ink mixed;
  for (int c = 0; c < 3; ++c) mixed[c] = label_sample(ground[c], ink[c], coverage);
  return mixed;
}

}  // namespace

LabelPatch render_label(const TintBlender& blender, const std::string& text, Verdict verdict) {
  const cv::Mat1b whole = render(ascii(text), blender.width(), blender.height());
  LabelPatch patch;
  patch.columns = std::min(whole.cols, blender.width());
  patch.rows = std::min(whole.rows, blender.height());
  for (int y = 0; y < patch.rows; ++y)
    patch.coverage.insert(patch.coverage.end(), whole[y], whole[y] + patch.columns);
  patch.ground = blender.ink({0, 0, 0});
  patch.ink = blender.ink(blender.is_grey() ? Rgb{255, 255, 255} : text_colour(verdict));
  return patch;
}

void draw_label(const TintBlender& blender, const std::string& text, Verdict verdict) {
  const LabelPatch patch = render_label(blender, text, verdict);
  blender.blend_rows(0, patch.rows, [&](int y, TintRow& tint) {
    if (y >= patch.rows) return Span{};
    const std::uint8_t* coverage = &patch.coverage[static_cast<std::size_t>(y) * patch.columns];
    for (int x = 0; x < patch.columns; ++x)
      tint.set(x, between(patch.ground, patch.ink, coverage[x]), label_opacity(coverage[x]));
    return Span{0, patch.columns};
  });
}

}  // namespace anomalyclip
