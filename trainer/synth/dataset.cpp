#include "dataset.h"

#include <filesystem>

#include <anomalyclip/error.h>

#include "picture_writer.h"
#include "textures.h"

namespace anomalyclip::synth {

namespace fs = std::filesystem;

namespace {

/// Parts of one kind: a texture's are sheets of it, a shape's are objects of any material.
struct PartClass {
  std::string name;
  PartSettings settings;
};

std::vector<PartClass> classes(const DatasetSettings& settings) {
  const Repertoire chosen = settings.kinds.empty() ? all_kinds() : named_kinds(settings.kinds);
  std::vector<PartClass> out;
  for (int texture : chosen.textures) {
    PartClass& added = out.emplace_back();
    added.name = texture_kinds()[static_cast<std::size_t>(texture)].name;
    added.settings.repertoire = {{texture}, {}};
  }
  for (int shape : chosen.shapes) {
    PartClass& added = out.emplace_back();
    added.name = shape_kinds()[static_cast<std::size_t>(shape)].name;
    added.settings.repertoire = {all_kinds().textures, {shape}};
    added.settings.object_share = 1.f;
  }
  for (PartClass& c : out) c.settings.size = settings.size;
  return out;
}

void write_part(const fs::path& folder, const Part& part, bool train, int index) {
  char name[16];
  std::snprintf(name, sizeof name, "%03d", index);
  const std::string what = part.defective() ? part.defect : "good";
  write_png(part.image, folder / (train ? "train" : "test") / what / (std::string(name) + ".png"));
  if (part.defective())
    write_png(part.mask, folder / "ground_truth" / what / (std::string(name) + "_mask.png"));
}

}  // namespace

void write_dataset(const DatasetSettings& settings, const std::function<void(int)>& progress) {
  if (settings.size < 32 || settings.size % 2 != 0)
    throw Error(ErrorCode::kSettings,
                "Pictures of " + std::to_string(settings.size) +
                    " pixels cannot be drawn: an even number of at least 32 is needed.");
  const std::vector<PartClass> kinds = classes(settings);
  write_in_parallel(
      settings.count,
      [&](int i) {
        const PartClass& kind = kinds[static_cast<std::size_t>(i) % kinds.size()];
        PartSettings part_settings = kind.settings;
        const bool train = (static_cast<std::size_t>(i) / kinds.size()) % 3 == 2;  // a third
        if (train) part_settings.defect_share = 0;
        write_part(fs::path(settings.folder) / kind.name,
                   draw_part(part_settings, settings.seed, static_cast<std::uint64_t>(i)), train,
                   i);
      },
      progress);
}

}  // namespace anomalyclip::synth
