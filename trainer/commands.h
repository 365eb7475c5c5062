#pragma once

namespace CLI {
class App;
}

namespace anomalyclip::trainer {

/// Each adds one subcommand with its options and its callback. A callback reports failure by throwing: Error for
/// bad input (exit code 1), CLI::ParseError for wrong usage (exit code 2).
// (one line per subcommand, alphabetical)
void add_bench(CLI::App& app);
void add_calibrate(CLI::App& app);
void add_convert(CLI::App& app);
void add_eval(CLI::App& app);
void add_pretrain(CLI::App& app);
void add_prompts(CLI::App& app);
void add_score(CLI::App& app);
void add_synth(CLI::App& app);
void add_train(CLI::App& app);

}  // namespace anomalyclip::trainer
