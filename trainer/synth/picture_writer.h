#pragma once

#include <filesystem>
#include <functional>

#include <opencv2/core.hpp>

namespace anomalyclip::synth {

/// Writes a picture (RGB, or a grey mask) as PNG, whole or not at all, and the folders that it lies in.
/// @throws Error kRead (it cannot be written)
void write_png(const cv::Mat& image, const std::filesystem::path& path);

/// Calls `write` for each number below `count`, on all cores.
/// @param progress  called with the number done, from any thread, one at a time
/// @throws the first exception of any call, after all threads have ended
void write_in_parallel(int count, const std::function<void(int)>& write,
                       const std::function<void(int)>& progress);

}  // namespace anomalyclip::synth
