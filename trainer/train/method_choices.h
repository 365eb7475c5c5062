#pragma once

#include <string>
#include <vector>

#include "train/choices.h"
#include "train/coop_training.h"
#include "train/vand_training.h"

namespace anomalyclip::trainer {

/// anomalyclip, coop, vand.
const std::vector<std::string>& trained_methods();

/// @throws Error kSettings (something is decided that the method does not read: names the options, and those that it
///         reads)
void check_choices(const std::string& method, const Choices& choices);

/// CoOp's settings, where nothing else is decided as in its authors' code.
/// @param recipe  what prompts to go on from say, or coop_recipe()
/// @param fixed   tokens of the context to go on from; 0: it is drawn
/// @throws Error kSettings
CoopSettings resolve_coop(const Choices& choices, Prompts recipe, int fixed);

/// VAND's.
/// @param recipe  what prompts to go on from say, or that of word_method("vand")
/// @param fixed   the adapters come from a file, and keep their layers
/// @throws Error kSettings
VandSettings resolve_vand(const Choices& choices, Prompts recipe, bool fixed);

}  // namespace anomalyclip::trainer
