#include "loop/launch.h"

#include <map>

#include "expect_error.h"

namespace anomalyclip::trainer {
namespace {

using testing::expect_error;
using Environment = std::map<std::string, std::string>;

Launch launch_of(Environment environment) {
  return read_launch([&](const std::string& name) { return environment[name]; });
}

void expect_launch(const Launch& launch, int rank, int size, int local_rank,
                   const std::string& address, int port) {
  EXPECT_EQ(launch.rank, rank);
  EXPECT_EQ(launch.size, size);
  EXPECT_EQ(launch.local_rank, local_rank);
  EXPECT_EQ(launch.address, address);
  EXPECT_EQ(launch.port, port);
}

TEST(Launch, WithoutALauncherAProcessIsAlone) {
  EXPECT_EQ(launch_of({}).size, 1);
  EXPECT_EQ(launch_of({{"RANK", "0"}, {"WORLD_SIZE", "1"}}).size, 1);
  // In a batch script, outside srun, there is one process whatever was allocated.
  EXPECT_EQ(launch_of({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}}).size, 1);
}

TEST(Launch, TorchrunIsUnderstood) {
  const Launch launch = launch_of({{"RANK", "5"},
                                   {"WORLD_SIZE", "8"},
                                   {"LOCAL_RANK", "1"},
                                   {"MASTER_ADDR", "10.0.0.7"},
                                   {"MASTER_PORT", "4711"},
                                   {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                                   {"TORCHELASTIC_RESTART_COUNT", "2"}});
  expect_launch(launch, 5, 8, 1, "10.0.0.7", 4711);
  EXPECT_TRUE(launch.store_is_open);
  EXPECT_EQ(launch.key_prefix, "attempt_2");
}

TEST(Launch, SlurmIsUnderstood) {
  Environment environment{{"SLURM_PROCID", "3"},
                          {"SLURM_STEP_NUM_TASKS", "4"},
                          {"SLURM_LOCALID", "1"},
                          {"SLURM_STEP_NODELIST", "gpu[03-04,11],login"}};
  expect_launch(launch_of(environment), 3, 4, 1, "gpu03", 29500);
  environment["SLURM_STEP_NODELIST"] = std::string("alpha,beta");
  expect_launch(launch_of(environment), 3, 4, 1, "alpha", 29500);
}

TEST(Launch, MpirunIsUnderstood) {
  Environment environment{{"OMPI_COMM_WORLD_RANK", "1"},
                          {"OMPI_COMM_WORLD_SIZE", "2"},
                          {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                          {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}};
  expect_launch(launch_of(environment), 1, 2, 1, "127.0.0.1", 29500);
  environment["OMPI_COMM_WORLD_LOCAL_SIZE"] = std::string("1");
  expect_error(
      ErrorCode::kSettings, [&] { launch_of(environment); }, "MASTER_ADDR");
  environment["MASTER_ADDR"] = std::string("head");
  expect_launch(launch_of(environment), 1, 2, 1, "head", 29500);
  expect_launch(launch_of({{"PMI_RANK", "0"}, {"PMI_SIZE", "2"}, {"MPI_LOCALNRANKS", "2"}}), 0, 2,
                0, "127.0.0.1", 29500);
}

TEST(Launch, NonsenseIsNamed) {
  expect_error(
      ErrorCode::kSettings,
      [] {
        launch_of({{"RANK", "one"}, {"WORLD_SIZE", "2"}});
      },
      "RANK", "\"one\"");
  expect_error(
      ErrorCode::kSettings,
      [] {
        launch_of({{"RANK", "2"}, {"WORLD_SIZE", "2"}});
      },
      "RANK should be below WORLD_SIZE");
}

}  // namespace
}  // namespace anomalyclip::trainer
