#pragma once

#include <span>

#include "scene.h"

namespace anomalyclip::synth {

/// The picture that a defect is drawn on.
struct Stage {
  const Scene& scene;
  Image image;                        ///< composed so far
  const std::vector<int>& materials;  ///< texture kinds that foreign matter may be made of
};

struct DefectKind {
  const char* name;
  Plane (*draw)(Sketch&, Stage&);  ///< changes the image; returns what it touched, 0 to 1
  float weight;
  bool overhangs;  ///< may show beside the part as well
  bool needs_object;
};

/// All kinds, in a fixed order.
std::span<const DefectKind> defect_kinds();

/// Draws one defect (kind -1: any that fits the scene); `kind` receives its index. Returns what it touched.
Plane draw_defect(Sketch& sketch, Stage& stage, int& kind);

// stamps.cpp: the outlines that defects have, as soft masks.
cv::Point2f point_on(Sketch&, const Stage&);
std::vector<cv::Point2f> wander(Sketch&, cv::Point2f from, float angle, float length, float step,
                                float wiggle, float curl = 0.f);
void stroke(Sketch&, cv::Mat1b& mask, const std::vector<cv::Point2f>& path, float from_width,
            float to_width);
Plane soft(const cv::Mat1b& mask, float sigma);
Plane crack_stamp(Sketch&, const Stage&);
Plane scratch_stamp(Sketch&, const Stage&);
Plane blob_stamp(Sketch&, const Stage&, float least, float most, float irregularity);
Plane cluster_stamp(Sketch&, const Stage&);
Plane patchy_stamp(Sketch&, const Stage&);
Plane puddle_stamp(Sketch&, const Stage&);
Plane bite_stamp(Sketch&, const Stage&);
Plane any_patch_stamp(Sketch&, const Stage&);

// defects_surface.cpp: what lies on the material.
enum class Tone { kAny, kDark, kBright };
void tint(Sketch&, Image& image, const Plane& mask, Tone tone);
Plane draw_scratch(Sketch&, Stage&);
Plane draw_stain(Sketch&, Stage&);
Plane draw_foreign_body(Sketch&, Stage&);
Plane draw_discoloration(Sketch&, Stage&);
Plane draw_thread(Sketch&, Stage&);
Plane draw_smear(Sketch&, Stage&);
Plane draw_pits(Sketch&, Stage&);
Plane draw_droplets(Sketch&, Stage&);

// defects_material.cpp: what the material lacks, or how it is bent.
Plane draw_crack(Sketch&, Stage&);
Plane draw_hole(Sketch&, Stage&);
Plane draw_chip(Sketch&, Stage&);
Plane draw_dent(Sketch&, Stage&);
Plane draw_fold(Sketch&, Stage&);
Plane draw_cut(Sketch&, Stage&);
Plane draw_misprint(Sketch&, Stage&);
Plane draw_missing(Sketch&, Stage&);

}  // namespace anomalyclip::synth
