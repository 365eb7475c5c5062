#define USE_C10D_GLOO

#include "loop/gloo_processes.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <anomalyclip/error.h>

#include "loop/gpu_sum.h"

namespace anomalyclip::trainer {
namespace {

using namespace std::chrono_literals;
using Group = c10d::ProcessGroupGloo;

constexpr auto kMeeting = 5min;  // for all to come
constexpr auto kSilence = 60s;   // of one that is alive: it does nothing but answer
constexpr auto kSlowest = 24h;   // of a step; whether its process lives is watched apart
constexpr auto kWatchPeriod = 500ms;

/// One collective at a time, in the order in which all processes call them.
void all_reduce(Group& group, at::Tensor& values) {
  std::vector<at::Tensor> tensors{values};
  group.allreduce(tensors)->wait();
}

c10::intrusive_ptr<c10d::Store> open_store(const Launch& launch) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(launch.port);
  options.isServer = launch.rank == 0 && !launch.store_is_open;
  options.waitWorkers = false;
  options.timeout = kMeeting;
  const auto store = c10::make_intrusive<c10d::TCPStore>(launch.address, options);
  return c10::make_intrusive<c10d::PrefixStore>("anomalyclip/" + launch.key_prefix, store);
}

std::shared_ptr<gloo::transport::Device> network_of(const Launch& launch) {
  if (const char* interface = std::getenv("GLOO_SOCKET_IFNAME"); interface && *interface)
    return Group::createDeviceForInterface(interface);
  if (launch.address == "127.0.0.1" || launch.address == "localhost")
    return Group::createDeviceForHostname("127.0.0.1");
  return Group::createDefaultDevice();
}

class GlooProcesses : public Processes {
 public:
  explicit GlooProcesses(const Launch& launch)
      : rank_(launch.rank),
        size_(launch.size),
        local_rank_(launch.local_rank),
        store_(open_store(launch)),
        sums_(meet(launch, "sums", kSlowest)),
        watch_(meet(launch, "watch", kSilence)),
        watcher_([this] { watch(); }) {}

  ~GlooProcesses() override {
    if (watcher_.joinable()) leave();
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void sum(at::Tensor& values) override {
    try {
      if (gpu_sum_) {
        gpu_sum_->sum(values);
      } else {
        all_reduce(*sums_, values);
      }
    } catch (const std::exception&) {
      throw Error(ErrorCode::kDevice, kGone);
    }
  }

  void use(const at::Device& device) override {
    std::string fault = "not every process trains on a GPU of its own";
    const bool own_gpu = device.is_cuda() && device.index() == local_rank_;
    const NewGpuSum open = own_gpu ? open_gpu_sum(fault) : nullptr;
    at::Tensor ready = at::full({1}, open ? 1.0 : 0.0, at::kDouble);
    sum(ready);
    if (ready.item<double>() == size_)
      gpu_sum_.reset(open({store_, rank_, size_, device.index()}));
    else if (device.is_cuda() && rank_ == 0)
      std::fprintf(stderr, "anomalyclip: gradients travel over Gloo, not NCCL: %s\n",
                   fault.c_str());
  }

  void leave() override {
    done_ = true;
    watcher_.join();
  }

 private:
  static constexpr const char* kGone =
      "another process of this training is gone, so it cannot go on. The last checkpoint is whole: "
      "the same command with --resume goes on from it.";

  c10::intrusive_ptr<Group> meet(const Launch& launch, const char* name,
                                 std::chrono::milliseconds timeout) {
    const auto options = Group::Options::create(kMeeting);
    options->devices.push_back(network_of(launch));
    const auto store = c10::make_intrusive<c10d::PrefixStore>(name, store_);
    auto group = c10::make_intrusive<Group>(store, rank_, size_, options);
    at::Tensor nothing = at::zeros({1}, at::kDouble);
    all_reduce(*group, nothing);  // everybody is here
    static_cast<c10d::Backend&>(*group).setTimeout(timeout);
    return group;
  }

  /// Asks all others, over and over, whether they are done; only death, or silence, is no answer.
  void watch() {
    try {
      for (;;) {
        at::Tensor done = at::full({1}, done_ ? 1.0 : 0.0, at::kDouble);
        all_reduce(*watch_, done);
        if (done.item<double>() == size_) return;
        std::this_thread::sleep_for(kWatchPeriod);
      }
    } catch (const std::exception&) {
      std::fprintf(stderr, "anomalyclip: process %d: %s\n", rank_, kGone);
      std::_Exit(1);  // the other threads may be waiting for the one that is gone
    }
  }

  int rank_, size_, local_rank_;
  c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<Group> sums_, watch_;
  std::unique_ptr<GpuSum> gpu_sum_;  // where sums go over NCCL
  std::atomic<bool> done_{false};
  std::thread watcher_;
};

}  // namespace

std::unique_ptr<Processes> join_processes(const Launch& launch) {
  if (launch.size == 1) return std::make_unique<Processes>();
  try {
    return std::make_unique<GlooProcesses>(launch);
  } catch (const std::exception& error) {
    throw Error(ErrorCode::kDevice, "process " + std::to_string(launch.rank) + " of " +
                                        std::to_string(launch.size) +
                                        " cannot meet the others at " + launch.address + ":" +
                                        std::to_string(launch.port) + ": " + error.what());
  }
}

}  // namespace anomalyclip::trainer
