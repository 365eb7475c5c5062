#pragma once

#include <string>
#include <vector>

namespace anomalyclip::trainer {

/// Which part of its picture a sample is: the paper cuts KolektorSDD's pictures in two (appendix B).
enum class Part { kWhole, kTopHalf, kBottomHalf };

/// One labelled picture. Read it, and its mask, with sample_files.h.
struct Sample {
  std::string image;       ///< path
  std::string mask;        ///< path; empty: none
  std::string class_name;  ///< what is in the picture: "bottle"
  std::string defect;      ///< the folder's or the table's word: "good", "crack"
  bool anomalous = false;
  Part part = Part::kWhole;  ///< of the image and of the mask
};

/// Something in a data set that does not fit: which file, what was expected of it, what is done about it.
struct Problem {
  std::string file, what;
};

/// How a data set lies on the disk.
enum class Layout {
  kAutomatic,  ///< recognise it
  kMetaJson,   ///< the reference's `meta.json`: paths, classes and labels
  kMvtec,  ///< `CLASS/{train,test}/DEFECT/`, `CLASS/ground_truth/DEFECT/`; or one such CLASS. `good` and
           ///< `ok` are normal. MVTec AD, MPDD, BTAD, DTD-Synthetic, SDD already cut, HeadCT
  kVisa,      ///< `split_csv/1cls.csv`
  kDagm,      ///< `CLASS/{Train,Test}/NNNN.PNG`, `CLASS/{Train,Test}/Label/NNNN_label.PNG`
  kKolektor,  ///< `kosNN/PartK.jpg`, `kosNN/PartK_label.bmp`: each cut in two
  kIsic,      ///< `skin/test/FOLDER/`, `skin/ISBI2016_ISIC_Part1_Test_GroundTruth/`
  kImagesMasks,  ///< `masks/`, every other folder holds pictures: CVC-ClinicDB, CVC-ColonDB, Kvasir, Endo
  kThyroid,  ///< `test-image/`, `test-mask/`: TN3K
  kYesNo,    ///< `{no,yes}/`, perhaps below `brain_tumor_dataset/`: BrainMRI, Br35H
  kChest,    ///< `{NORMAL,COVID...}/`: COVID-19
  kGoodAndOther,  ///< `good/` (or `ok/`, `normal/`) and any other folders; masks in `ground_truth/DEFECT/`
};

/// Labelled pictures of one or more classes.
struct DataSet {
  std::string name;                    ///< the folder's own name
  Layout layout = Layout::kAutomatic;  ///< as which it was read
  std::vector<Sample> train, test;
  std::vector<Problem> problems;  ///< nothing is left out without an entry here

  /// The classes of `test`, each once, in its order.
  std::vector<std::string> classes() const;
};

/// The layouts' names, for options and messages: "automatic", "meta.json", "mvtec", ...
const char* to_string(Layout layout);
const std::vector<Layout>& layouts();

/// Lists a data set, without opening its pictures (but KolektorSDD's small label files, which say which half is bad).
///
/// A mask belongs to the image of the same name, with or without an ending such as `_mask`; where no name agrees and there
/// are as many masks as images, they are paired in order of their names, as the reference does always. An anomalous sample
/// of a class with masks that lacks its own is a problem, and stays in the list without one.
/// Hidden files are not looked at.
/// @throws Error kNotFound (no such folder), kRead (no layout fits: says what was looked for and what is there; the
///         table of the layout cannot be read; nothing in it could be used)
DataSet read_data_set(const std::string& folder, Layout layout = Layout::kAutomatic);

}  // namespace anomalyclip::trainer
