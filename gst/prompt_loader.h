#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <anomalyclip/error.h>
#include <anomalyclip/prompts.h>

namespace anomalyclip::gst {

/// Loads prompt files aside, so that the stream does not wait for the disk. Of several requests the
/// latest wins.
class PromptLoader {
 public:
  struct Loaded {
    std::string path;
    std::shared_ptr<const Prompts> prompts;
  };
  /// Reads and checks a file; throws Error.
  using Load = std::function<std::shared_ptr<const Prompts>(const std::string& path)>;
  /// Called from the loading thread.
  using Failed = std::function<void(const std::string& path, const Error& error)>;

  PromptLoader(Load load, Failed failed);
  ~PromptLoader();  ///< waits for the file that is being read
  PromptLoader(const PromptLoader&) = delete;
  PromptLoader& operator=(const PromptLoader&) = delete;

  void request(const std::string& path);

  /// What has been loaded since the last call, if anything; does not wait.
  std::optional<Loaded> take();

 private:
  void run();
  void load_one(const std::string& path);

  const Load load_;
  const Failed failed_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<std::string> requested_;
  std::optional<Loaded> loaded_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace anomalyclip::gst
