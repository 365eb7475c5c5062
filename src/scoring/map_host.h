#pragma once

#include "scoring/map_element.h"

namespace anomalyclip {

// The CPU's twins of the kernels in map_cuda.h, in the calling thread.

/// Takes any width.
void abnormality_on_host(const AbnormalityJob& job);
void map_on_host(const MapJob& job);

}  // namespace anomalyclip
