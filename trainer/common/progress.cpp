#include "common/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

namespace anomalyclip::trainer {
namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr int kBarWidth = 24;

int terminal_width() {
  if (!::isatty(STDERR_FILENO)) return 0;
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

std::string formatted(const char* format, double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, value);
  return buffer;
}

std::string rate_text(double rate, const std::string& unit) {
  if (rate > 0 && rate < 0.95) return formatted("%.1f s per ", 1 / rate) + unit;
  return formatted(rate < 100 ? "%.1f " : "%.0f ", rate) + unit + "/s";
}

std::string bar(double fraction) {
  const int filled = std::clamp(static_cast<int>(std::lround(fraction * kBarWidth)), 0, kBarWidth);
  std::string text(kBarWidth + 2, '.');
  std::fill_n(text.begin() + 1, filled, '#');
  text.front() = '[';
  text.back() = ']';
  return text;
}

}  // namespace

std::string clock_text(double seconds) {
  const auto whole = static_cast<long long>(std::llround(std::max(seconds, 0.0)));
  char buffer[64];
  if (whole >= 3600)
    std::snprintf(buffer, sizeof buffer, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60,
                  whole % 60);
  else
    std::snprintf(buffer, sizeof buffer, "%lld:%02lld", whole / 60, whole % 60);
  return buffer;
}

Progress::Progress(std::string label, std::int64_t total, std::string unit, std::int64_t done)
    : Progress(std::move(label), total, std::move(unit), done, std::cerr, terminal_width()) {}

Progress::Progress(std::string label, std::int64_t total, std::string unit, std::int64_t done,
                   std::ostream& out, int width)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      total_(total),
      done_(done),
      start_(done),
      out_(out),
      width_(width),
      started_(Clock::now()),
      lines_(tenth()) {
  if (width_ > 0) draw(started_);
}

Progress::~Progress() {
  if (finished_ || width_ == 0) return;
  out_ << '\n' << std::flush;
}

void Progress::set(std::int64_t done) {
  done_ = done;
  const Clock::time_point now = Clock::now();
  if (width_ > 0) {
    if (now - drawn_ >= kRedraw) draw(now);
  } else if (tenth() > lines_) {
    lines_ = tenth();
    out_ << status(now) << '\n' << std::flush;
  }
}

void Progress::note(const std::string& line) {
  clear_line();
  out_ << line << '\n' << std::flush;
  if (width_ > 0 && !finished_) draw(Clock::now());
}

void Progress::replace(const std::string& line) {
  finished_ = true;
  note(line);
}

void Progress::finish() {
  if (finished_) return;
  finished_ = true;
  if (width_ > 0) {
    draw(Clock::now());
    out_ << '\n' << std::flush;
  } else if (total_ <= 0 || lines_ < 10) {
    out_ << status(Clock::now()) << '\n' << std::flush;
  }
}

std::string Progress::status(Clock::time_point now) const {
  const double elapsed = std::chrono::duration<double>(now - started_).count();
  const double rate = elapsed > 0 ? double(done_ - start_) / elapsed : 0;
  std::string text = label_ + " ";
  if (total_ > 0) {
    const double fraction = double(done_) / double(total_);
    if (width_ > 0) text += bar(fraction) + " ";
    text += formatted("%3.0f %%  ", std::floor(100 * fraction)) + std::to_string(done_) + "/" +
            std::to_string(total_) + " " + unit_;
  } else {
    text += std::to_string(done_) + " " + unit_;
  }
  if (!detail_.empty()) text += "  " + detail_;
  if (rate > 0) text += "  " + rate_text(rate, unit_);
  if (finished_ || done_ == total_) return text + "  " + clock_text(elapsed);
  if (rate > 0 && total_ > 0) text += "  " + clock_text(double(total_ - done_) / rate) + " left";
  return text;
}

void Progress::draw(Clock::time_point now) {
  std::string text = status(now);
  // A line that wraps could not be drawn over. Labels are ASCII, so bytes are columns.
  if (static_cast<int>(text.size()) >= width_) text.resize(std::max(width_ - 1, 0));
  clear_line();
  out_ << text << std::flush;
  drawn_ = now;
}

void Progress::clear_line() {
  if (width_ > 0) out_ << "\r\x1b[K";
}

int Progress::tenth() const {
  return total_ > 0 ? static_cast<int>(10 * done_ / total_) : 0;
}

}  // namespace anomalyclip::trainer
