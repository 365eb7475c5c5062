#include "bench/contestant.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <anomalyclip/error.h>

extern char** environ;

namespace anomalyclip::bench {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

struct Pipe {
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0)
      throw Error(ErrorCode::kDevice,
                  std::string("no pipe can be opened: ") + std::strerror(errno));
  }
  int ends[2];
};

}  // namespace

Contestant::Contestant(std::string name, const std::vector<std::string>& command,
                       const std::vector<std::pair<std::string, std::string>>& environment)
    : name_(std::move(name)) {
  std::signal(SIGPIPE, SIG_IGN);  // a contestant that died is an error of its own
  std::vector<std::string> arguments = command, variables;
  for (const auto& [key, value] : environment) variables.push_back(key + "=" + value);
  for (char** variable = environ; *variable; ++variable) variables.emplace_back(*variable);
  const Pipe input, output;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.ends[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.ends[1], STDOUT_FILENO);
  const int error = posix_spawnp(&process_, arguments[0].c_str(), &actions, nullptr,
                                 pointers(arguments).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  close(input.ends[0]);
  close(output.ends[1]);
  to_ = input.ends[1];
  from_ = output.ends[0];
  if (error != 0)
    throw Error(ErrorCode::kNotFound, arguments[0] + " cannot be run: " + std::strerror(error));
}

Contestant::~Contestant() {
  close(to_);
  close(from_);
  if (process_ > 0) waitpid(process_, nullptr, 0);
}

nlohmann::json Contestant::ask(const std::string& line) {
  const std::string sent = line + "\n";
  if (!line.empty() && write(to_, sent.data(), sent.size()) != static_cast<ssize_t>(sent.size()))
    throw Error(ErrorCode::kRead, name_ + " ended before it was asked to");
  std::size_t end;
  while ((end = unread_.find('\n')) == std::string::npos) {
    char buffer[4096];
    const ssize_t count = read(from_, buffer, sizeof buffer);
    if (count <= 0)
      throw Error(ErrorCode::kRead, name_ + " ended without an answer; what it says is above");
    unread_.append(buffer, static_cast<std::size_t>(count));
  }
  const std::string answer = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  const nlohmann::json parsed = nlohmann::json::parse(answer, nullptr, false);
  if (!parsed.is_object())
    throw Error(ErrorCode::kRead, name_ + " should answer with a JSON object and said: " + answer);
  return parsed;
}

double Contestant::peak_memory() const {
  std::ifstream status("/proc/" + std::to_string(process_) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

}  // namespace anomalyclip::bench
