#include "defects.h"

#include <array>

namespace anomalyclip::synth {

namespace {

constexpr std::array kKinds{
    DefectKind{"crack", draw_crack, 2.2f, false, false},
    DefectKind{"scratch", draw_scratch, 1.8f, false, false},
    DefectKind{"hole", draw_hole, 1.2f, false, false},
    DefectKind{"stain", draw_stain, 1.6f, false, false},
    DefectKind{"foreign_body", draw_foreign_body, 1.4f, true, false},
    DefectKind{"chip", draw_chip, 1.1f, false, false},
    DefectKind{"discoloration", draw_discoloration, 1.4f, false, false},
    DefectKind{"dent", draw_dent, 1.0f, false, false},
    DefectKind{"fold", draw_fold, 0.8f, false, false},
    DefectKind{"cut", draw_cut, 0.8f, false, false},
    DefectKind{"misprint", draw_misprint, 0.9f, false, false},
    DefectKind{"pits", draw_pits, 1.1f, false, false},
    DefectKind{"thread", draw_thread, 0.7f, true, false},
    DefectKind{"smear", draw_smear, 0.6f, false, false},
    DefectKind{"droplets", draw_droplets, 0.5f, false, false},
    DefectKind{"missing", draw_missing, 3.0f, true, true},
};

}  // namespace

std::span<const DefectKind> defect_kinds() {
  return kKinds;
}

Plane draw_defect(Sketch& sketch, Stage& stage, int& kind) {
  if (kind < 0) {
    float total = 0;
    for (const DefectKind& k : kKinds)
      total += k.needs_object && !stage.scene.is_object() ? 0 : k.weight;
    float at = sketch.random.uniform(0, total);
    for (const DefectKind& k : kKinds) {
      if (k.needs_object && !stage.scene.is_object()) continue;
      kind = static_cast<int>(&k - kKinds.data());
      if ((at -= k.weight) < 0) break;
    }
  }
  const DefectKind& chosen = kKinds[static_cast<std::size_t>(kind)];
  const Image before = stage.image.clone();
  Plane touched = chosen.draw(sketch, stage);
  if (stage.scene.is_object() && !(chosen.overhangs && sketch.random.chance(0.4f))) {
    Image inside = before;
    blend(inside, stage.image, stage.scene.coverage);
    stage.image = inside;
    touched = touched.mul(stage.scene.coverage);
  }
  return touched;
}

}  // namespace anomalyclip::synth
