#include "prompt_loader.h"

#include <utility>

#include "guard.h"

namespace anomalyclip::gst {

PromptLoader::PromptLoader(Load load, Failed failed)
    : load_(std::move(load)), failed_(std::move(failed)), thread_([this] { run(); }) {}

PromptLoader::~PromptLoader() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void PromptLoader::request(const std::string& path) {
  {
    const std::lock_guard lock(mutex_);
    requested_ = path;
  }
  wake_.notify_one();
}

std::optional<PromptLoader::Loaded> PromptLoader::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(loaded_, std::nullopt);
}

void PromptLoader::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || requested_; });
    if (stopping_) return;
    const std::string path = *std::exchange(requested_, std::nullopt);
    lock.unlock();
    load_one(path);
    lock.lock();
  }
}

void PromptLoader::load_one(const std::string& path) try {
  Loaded loaded{path, load_(path)};
  const std::lock_guard lock(mutex_);
  if (!requested_) loaded_ = std::move(loaded);
} catch (...) {
  failed_(path, caught_error());
}

}  // namespace anomalyclip::gst
