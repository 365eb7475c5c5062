#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <vector>

#include <anomalyclip/engine.h>
#include <anomalyclip/error.h>

namespace anomalyclip {
namespace {

[[noreturn]] void refuse(const std::string& text) {
  throw Error(
      ErrorCode::kSettings,
      "roi should be \"x,y,w,h\" (pixels, or fractions of the frame when all are at most 1; none "
      "negative, w and h above 0) and is \"" +
          text + "\"");
}

double parse_number(const std::string& field, const std::string& text) {
  // The C locale whatever the process has set: a comma separates fields here, never decimals.
  std::istringstream stream(field);
  stream.imbue(std::locale::classic());
  double value = 0;
  stream >> value;
  if (stream.fail() || !(stream >> std::ws).eof() || !std::isfinite(value) || value < 0)
    refuse(text);
  return value;
}

}  // namespace

Roi Roi::parse(const std::string& text) {
  if (text.empty()) return {};
  std::vector<double> numbers;
  std::istringstream fields(text);
  for (std::string field; std::getline(fields, field, ',');)
    numbers.push_back(parse_number(field, text));
  if (numbers.size() != 4 || text.back() == ',' || numbers[2] <= 0 || numbers[3] <= 0) refuse(text);
  return {numbers[0], numbers[1], numbers[2], numbers[3]};
}

Rect Roi::resolve(int frame_width, int frame_height) const {
  if (whole()) return {0, 0, frame_width, frame_height};
  const bool fractions = std::max({x, y, width, height}) <= 1;
  const double to_x = fractions ? frame_width : 1, to_y = fractions ? frame_height : 1;
  const auto edge = [](double value, double limit) {
    return static_cast<int>(std::lround(std::clamp(value, 0.0, limit)));
  };
  const int left = edge(x * to_x, frame_width), right = edge((x + width) * to_x, frame_width);
  const int top = edge(y * to_y, frame_height), bottom = edge((y + height) * to_y, frame_height);
  if (right <= left || bottom <= top) {
    std::ostringstream message;
    message << "roi " << x << ',' << y << ',' << width << ',' << height
            << " has no pixel inside a frame of " << frame_width << 'x' << frame_height
            << "; give one that overlaps the frame";
    throw Error(ErrorCode::kSettings, message.str());
  }
  return {left, top, right - left, bottom - top};
}

}  // namespace anomalyclip
