#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>

namespace anomalyclip::trainer {

/// Shows how far long work is: on a terminal a bar that is redrawn in place, with rate and time
/// left; elsewhere (a log file, a pipe) one line for every tenth of the work. Belongs to one
/// thread.
class Progress {
 public:
  /// On standard error, so that standard output holds results only.
  /// @param label  what is being done: "Scoring"
  /// @param total  how many units there are; 0: unknown, then only the count and the rate are shown
  /// @param unit   "images"
  /// @param done   units that an earlier, interrupted run had done: they do not count as this run's
  /// rate
  Progress(std::string label, std::int64_t total, std::string unit, std::int64_t done = 0);

  /// The same on another stream; `width` is the terminal's in columns, 0 where it is none.
  Progress(std::string label, std::int64_t total, std::string unit, std::int64_t done,
           std::ostream& out, int width);

  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Ends the bar's line where it stands, as finish() does, if work was given up by an exception.
  ~Progress();

  void advance(std::int64_t units = 1) { set(done_ + units); }

  /// @param done  units done so far, 0 to `total`
  void set(std::int64_t done);

  /// Something to show beside the rate from now on: "loss 0.123".
  void detail(std::string text) { detail_ = std::move(text); }

  /// Ends with a line of the caller's in the place of the bar.
  void replace(const std::string& line);

  /// Prints a line of its own (a warning, an epoch's losses) and draws the bar again below it.
  void note(const std::string& line);

  /// Shows the final state and ends the line. Idempotent.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  std::string status(Clock::time_point now) const;
  void draw(Clock::time_point now);
  void clear_line();
  int tenth() const;

  std::string label_, unit_, detail_;
  std::int64_t total_, done_, start_;
  std::ostream& out_;
  int width_;
  Clock::time_point started_, drawn_;
  bool finished_ = false;
  int lines_;  // tenths that have been printed where there is no terminal
};

/// "0:07", "12:34", "3:04:05": seconds, rounded, as people read them.
std::string clock_text(double seconds);

}  // namespace anomalyclip::trainer
