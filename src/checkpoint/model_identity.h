#pragma once

#include <string>

namespace anomalyclip {

/// Lines of text that are others for any other model file, or the same one after a change to it: its canonical path, size,
/// inode, times of change (content, and inode: nobody sets the latter) to the nanosecond, and the SHA-256 of its header.
/// The numbers themselves are not read. The device's number is left out: on some file systems it changes when the machine
/// starts again.
/// @throws Error kNotFound, kRead
std::string model_identity(const std::string& path);

}  // namespace anomalyclip
