#pragma once

#include "part.h"

namespace anomalyclip::synth {

/// What a camera above a belt sees, squashed to a square as a model's picture is: parts of one product, some cut by the
/// picture's edges, none, one or several of them defective. The same promises as draw_part().
Part draw_line_view(const PartSettings& settings, std::uint64_t seed, std::uint64_t index);

}  // namespace anomalyclip::synth
