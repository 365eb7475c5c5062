#pragma once

#include <functional>
#include <string>

namespace anomalyclip::trainer {

/// How this process was started, by torchrun, Slurm or mpirun, as their environment says.
struct Launch {
  int rank = 0, size = 1;
  int local_rank = 0;   ///< among the processes of this machine
  std::string address;  ///< of the machine with rank 0
  int port = 0;
  /// A store listens there already: torchrun's agent's. Otherwise rank 0 opens one.
  bool store_is_open = false;
  std::string key_prefix;  ///< in that store
};

/// Reads RANK and WORLD_SIZE (torchrun), OMPI_COMM_WORLD_* (Open MPI), SLURM_PROCID and SLURM_STEP_NUM_TASKS (srun), or
/// PMI_* (MPICH, Intel MPI), in this order; without any of them, or with one process, it is alone. MASTER_ADDR and
/// MASTER_PORT say where rank 0 is; without them it is this machine where all processes are, srun's first node
/// otherwise.
/// @param variable  the value of an environment variable, empty where there is none
/// @throws Error kSettings (a variable is missing or no number: names it)
Launch read_launch(const std::function<std::string(const std::string&)>& variable);

/// The same of this process's environment.
Launch read_launch();

}  // namespace anomalyclip::trainer
