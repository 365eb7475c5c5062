#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <anomalyclip/engine.h>

namespace anomalyclip {

/// What `kAuto` stands for on this device: float32, the one precision that gives the reference's numbers within 1e-4.
/// @throws Error kSettings (this device cannot run it: says which ones it can)
Precision resolve_precision(Precision asked, c10::Device device);

/// @param precision  not kAuto, not kINT8
c10::ScalarType scalar_type(Precision precision);

}  // namespace anomalyclip
