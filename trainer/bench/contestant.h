#pragma once

#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace anomalyclip::bench {

/// A program that takes part: a process of its own, so that its start-up and its memory are its own, and so that
/// libraries with threads of their own do not meet. It is told one line at a time and answers with one JSON object a
/// line; what it says on standard error passes through.
class Contestant {
 public:
  /// @param environment  added to this process' own
  /// @throws Error kNotFound (no such program)
  Contestant(std::string name, const std::vector<std::string>& command,
             const std::vector<std::pair<std::string, std::string>>& environment);
  Contestant(const Contestant&) = delete;
  Contestant& operator=(const Contestant&) = delete;

  /// Closes its input, which tells it to end, and waits for it.
  ~Contestant();

  const std::string& name() const { return name_; }

  /// Sends `line` (none: nothing) and waits for the answer.
  /// @throws Error kRead (it ended, or said something else)
  nlohmann::json ask(const std::string& line);

  /// The most memory that it had, in MiB.
  double peak_memory() const;

 private:
  std::string name_;
  pid_t process_ = -1;
  int to_ = -1, from_ = -1;
  std::string unread_;
};

}  // namespace anomalyclip::bench
