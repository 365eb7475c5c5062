#include "loop/launch.h"

#include <charconv>
#include <cstdlib>

#include <anomalyclip/error.h>

namespace anomalyclip::trainer {
namespace {

constexpr int kPort = 29500;  // torchrun's

using Variable = std::function<std::string(const std::string&)>;

/// Names of the variables that one launcher sets; the last two may be empty.
struct Names {
  const char *rank, *size, *local_rank, *local_size;
};

constexpr Names kTorchrun{"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"};
constexpr Names kOpenMpi{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE",
                         "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"};
constexpr Names kSlurm{"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", ""};
constexpr Names kHydra{"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"};

int number_in(const Variable& variable, const std::string& name) {
  const std::string text = variable(name);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0)
    throw Error(ErrorCode::kSettings, "The environment variable " + name +
                                          " should be a whole number, as the program that starts "
                                          "several processes sets it, and is \"" +
                                          text + "\"");
  return value;
}

/// "node[03-07,11],other" -> "node03"
std::string first_host(const std::string& list) {
  const std::size_t end = list.find_first_of(",[");
  std::string host = list.substr(0, end);
  if (end != std::string::npos && list[end] == '[')
    host += list.substr(end + 1, list.find_first_of("-,]", end) - end - 1);
  return host;
}

std::string address_of(const Variable& variable, const Names& names, int size) {
  if (const std::string given = variable("MASTER_ADDR"); !given.empty()) return given;
  if (const std::string nodes = variable("SLURM_STEP_NODELIST"); !nodes.empty())
    return first_host(nodes);
  if (*names.local_size && !variable(names.local_size).empty() &&
      number_in(variable, names.local_size) == size)
    return "127.0.0.1";
  throw Error(ErrorCode::kSettings,
              "There are " + std::to_string(size) +
                  " processes, and MASTER_ADDR does not say on which machine the first one is: set "
                  "it to that machine's address for all of them (mpirun -x MASTER_ADDR=...)");
}

}  // namespace

Launch read_launch(const Variable& variable) {
  for (const Names& names : {kTorchrun, kOpenMpi, kSlurm, kHydra}) {
    if (variable(names.rank).empty() || variable(names.size).empty()) continue;
    Launch launch;
    launch.rank = number_in(variable, names.rank);
    launch.size = number_in(variable, names.size);
    if (launch.size < 1 || launch.rank >= launch.size)
      throw Error(ErrorCode::kSettings, std::string(names.rank) + " should be below " + names.size +
                                            ", and they are " + std::to_string(launch.rank) +
                                            " and " + std::to_string(launch.size));
    if (launch.size == 1) return {};
    if (!variable(names.local_rank).empty())
      launch.local_rank = number_in(variable, names.local_rank);
    launch.address = address_of(variable, names, launch.size);
    launch.port = variable("MASTER_PORT").empty() ? kPort : number_in(variable, "MASTER_PORT");
    if (variable("TORCHELASTIC_USE_AGENT_STORE") == "True") {
      launch.store_is_open = true;
      launch.key_prefix = "attempt_" + variable("TORCHELASTIC_RESTART_COUNT");
    }
    return launch;
  }
  return {};
}

Launch read_launch() {
  return read_launch([](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return std::string(value ? value : "");
  });
}

}  // namespace anomalyclip::trainer
