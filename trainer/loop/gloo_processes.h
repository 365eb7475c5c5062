#pragma once

#include <memory>

#include "loop/launch.h"
#include "loop/processes.h"

namespace anomalyclip::trainer {

/// Meets the other processes, over libtorch's c10d with Gloo, and waits five minutes for the last one. A thread watches
/// them from then on: when one is gone, this process says so and ends with exit code 1, within a second or two
/// where the other's connection closes, within a minute where it hangs.
/// @throws Error kDevice (they cannot be reached: says where they were looked for)
std::unique_ptr<Processes> join_processes(const Launch& launch);

}  // namespace anomalyclip::trainer
