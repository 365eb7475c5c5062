#include "loop/interrupt.h"

#include <csignal>

namespace anomalyclip::trainer {
namespace {

volatile std::sig_atomic_t asked = 0;

void remember(int signal) {
  asked = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

InterruptWatch::InterruptWatch() {
  asked = 0;
  std::signal(SIGINT, remember);
  std::signal(SIGTERM, remember);
}

InterruptWatch::~InterruptWatch() {
  asked = 0;
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

bool InterruptWatch::interrupted() {
  return asked != 0;
}

}  // namespace anomalyclip::trainer
