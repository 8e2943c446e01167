#pragma once

#include <string_view>

namespace gatehouse::firewall {

/// 0 to 1: how much of a long text says the same again and again. A flood of one word costs tokens
/// and brings some models to spill what they were trained on. 0 below 2 KB: short refrains are
/// human.
float repetition(std::string_view text);

/// How many times a text passes from a made-up user to a made-up assistant ("Human: … AI: …"): many
/// such shots teach a model to answer what it would refuse.
int made_up_turns(std::string_view text);

/// Whether an assistant's turn begins as refusals do.
bool looks_like_refusal(std::string_view text);

}  // namespace gatehouse::firewall
