#pragma once

#include <initializer_list>
#include <string>

namespace anomalyclip {

/// A function of a module that is opened at run time, because it links libtorch's CUDA half, which the library must not. The
/// module stays open.
/// @param folders  where the module may be, the likeliest first
/// @param fault    what went wrong in each folder, where nullptr is returned
void* module_function(std::initializer_list<std::string> folders, const std::string& module,
                      const char* function, std::string& fault);

}  // namespace anomalyclip
