#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include <anomalyclip/prompts.h>

namespace anomalyclip {

/// The only `format` of prompt files that this version reads and writes.
inline constexpr const char* kPromptFormat = "anomalyclip-prompts/1";

/// Writes a prompt file, which Prompts::load() reads back to an equal value. It appears whole or
/// not at all. What `prompts.metadata` holds beyond the known keys (`training`, say) is written
/// too; the known keys are taken from the fields, whatever the map says of them.
/// @param extra  further tensors, to resume or inspect: ctx_pos, ctx_neg, compound_prompts_text.{i}
/// @throws Error kSettings (a value that Prompts::load() would refuse, a path that cannot be
/// written), kNotFound
void save_prompts(const std::string& path, const Prompts& prompts,
                  const std::map<std::string, at::Tensor>& extra = {});

}  // namespace anomalyclip
