#pragma once

namespace anomalyclip::trainer {

/// While one lives, the first Ctrl-C (SIGINT) or SIGTERM is only remembered, so that work can be saved; a second one
/// ends the process as it always does. One at a time.
class InterruptWatch {
 public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  static bool interrupted();
};

}  // namespace anomalyclip::trainer
