#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cli/admin_client.h"
#include "app/cli/cli.h"
#include "app/cli/http.h"
#include "app/cli/output.h"
#include "config/config.h"
#include "net/sse.h"

namespace gatehouse::app::cli {
namespace {

namespace bj = boost::json;

constexpr size_t kMaxStdinBytes = 4 << 20;

struct Options {
  DataOptions data;
  std::string url, key, model = std::string(config::kDefaultModel), system, ca_file;
  std::vector<std::string> words;
  std::optional<int64_t> max_tokens;
};

/// How the turn ended.
enum class Turn : unsigned char { done, interrupted, failed };

/// A conversation with one server.
class Chat {
 public:
  explicit Chat(const Options& options) : options_(options), model_(options.model) {
    if (!options.system.empty()) set_system(options.system);
  }

  void set_model(std::string model) { model_ = std::move(model); }
  void set_system(const std::string& text) {
    forget();
    messages_.push_back(bj::object{{"role", "system"}, {"content", text}});
  }
  void forget() { messages_.clear(); }
  const std::string& model() const { return model_; }

  /// Asks, prints the answer as it arrives, and remembers both.
  Turn ask(const std::string& question) {
    messages_.push_back(bj::object{{"role", "user"}, {"content", question}});
    std::string answer;
    const Turn turn = stream(answer);
    if (!answer.empty()) {
      print("\n");
      messages_.push_back(bj::object{{"role", "assistant"}, {"content", answer}});
    } else {
      messages_.pop_back();  // so that the next question can be asked after a failure
    }
    return turn;
  }

 private:
  Turn stream(std::string& answer) {
    HttpCall call;
    call.base_url = options_.url;
    call.ca_file = options_.ca_file;
    call.method = "POST";
    call.path = "/v1/chat/completions";
    call.total = std::chrono::minutes(10);
    call.interruptible = true;
    call.headers.add("content-type", "application/json");
    call.headers.add("accept", "text/event-stream");
    if (!options_.key.empty()) call.headers.add("authorization", "Bearer " + options_.key);
    bj::object body{{"model", model_}, {"messages", messages_}, {"stream", true}};
    if (options_.max_tokens) body["max_tokens"] = *options_.max_tokens;
    call.body = bj::serialize(body);

    net::SseParser parser;
    bool ended = false;
    bool failed = false;
    const auto result = http_stream(call, [&](std::string_view chunk) -> Result<void> {
      parser.feed(chunk);
      while (true) {
        const auto event = parser.next();
        if (!event) return refuse(event.error());
        if (!*event) return {};
        if ((*event)->data == "[DONE]") {
          ended = true;
        } else if (!take(std::string((*event)->data), answer)) {
          failed = true;
        }
      }
    });
    if (!result) {
      if (result.error().kind == ErrorKind::client_gone) {
        print("\n");
        std::fprintf(stderr, "(interrupted)\n");
        return Turn::interrupted;
      }
      complain(fmt::format(
          "{} does not answer: {}", options_.url,
          result.error().reason.empty() ? result.error().message : result.error().reason));
      return Turn::failed;
    }
    if (result->status != 200) {
      complain_status(*result);
      return Turn::failed;
    }
    if (failed) return Turn::failed;
    if (!ended) {
      complain("The answer was cut before its end.");
      return Turn::failed;
    }
    return Turn::done;
  }

  /// One event; false if it is an error.
  static bool take(const std::string& data, std::string& answer) {
    bj::error_code error;
    const bj::value event = bj::parse(data, error);
    if (error || !event.is_object()) return true;
    if (const bj::value* wrong = event.as_object().if_contains("error")) {
      print("\n");
      complain(message_of(*wrong));
      return false;
    }
    const bj::value* choices = event.as_object().if_contains("choices");
    if (choices == nullptr || !choices->is_array() || choices->as_array().empty()) return true;
    const bj::value& choice = choices->as_array().front();
    const bj::value* delta = choice.is_object() ? choice.as_object().if_contains("delta") : nullptr;
    if (delta == nullptr || !delta->is_object()) return true;
    for (const char* field : {"content", "refusal"}) {
      const bj::value* text = delta->as_object().if_contains(field);
      if (text == nullptr || !text->is_string()) continue;
      const std::string_view piece = text->as_string();
      print(piece);
      std::fflush(stdout);
      answer += piece;
    }
    return true;
  }

  static std::string message_of(const bj::value& error) {
    const bj::value* message =
        error.is_object() ? error.as_object().if_contains("message") : nullptr;
    return message != nullptr && message->is_string() ? std::string(message->as_string())
                                                      : bj::serialize(error);
  }

  static void complain_status(const HttpAnswer& answer) {
    bj::error_code error;
    const bj::value body = bj::parse(answer.body, error);
    const bj::value* wrong =
        !error && body.is_object() ? body.as_object().if_contains("error") : nullptr;
    std::string text = fmt::format("status {}", answer.status);
    if (wrong != nullptr) text += ": " + message_of(*wrong);
    if (answer.status == 401) text += " (give a key with --key or GATEHOUSE_KEY)";
    complain(text);
  }

  const Options& options_;
  std::string model_;
  bj::array messages_;
};

std::string read_stdin() {
  std::string text;
  char buffer[4096];
  while (text.size() < kMaxStdinBytes) {
    const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (got <= 0) break;
    text.append(buffer, static_cast<size_t>(got));
  }
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

constexpr const char* kHelp =
    "  /model NAME   another model\n"
    "  /system TEXT  a system prompt; begins anew\n"
    "  /new          begins anew\n"
    "  /exit         leaves (or Ctrl-D)\n"
    "  Ctrl-C        stops an answer\n";

/// False when it is time to leave.
bool command(Chat& chat, const std::string& line) {
  const std::string word = line.substr(0, line.find(' '));
  const std::string rest = word.size() < line.size() ? line.substr(word.size() + 1) : "";
  if (word == "/exit" || word == "/quit") return false;
  if (word == "/new") {
    chat.forget();
  } else if (word == "/model" && !rest.empty()) {
    chat.set_model(rest);
  } else if (word == "/system" && !rest.empty()) {
    chat.set_system(rest);
  } else {
    print(kHelp);
  }
  return true;
}

int interactive(Chat& chat) {
  std::fprintf(stderr, "Model \"%s\". /help tells what else can be typed.\n", chat.model().c_str());
  while (true) {
    print("> ");
    std::fflush(stdout);
    std::string line;
    if (!std::getline(std::cin, line)) break;
    if (line.empty()) continue;
    if (line.front() == '/') {
      if (!command(chat, line)) break;
      continue;
    }
    chat.ask(line);
  }
  return kOk;
}

/// A server of this machine is known by its data folder.
std::string url_of_local_server(const DataOptions& data) {
  if (const auto dir = data_dir_of(data)) {
    if (const auto server = control::ServerFile::read(*dir)) return server->url;
  }
  return "http://127.0.0.1:8080";
}

int chat(Options& options) {
  if (options.url.empty()) options.url = url_of_local_server(options.data);
  while (options.url.ends_with('/')) options.url.pop_back();
  if (options.url.ends_with("/v1")) options.url.resize(options.url.size() - 3);
  Chat chat(options);
  const bool people = ::isatty(STDIN_FILENO) == 1;
  if (options.words.empty() && people) return interactive(chat);
  std::string question = fmt::format("{}", fmt::join(options.words, " "));
  struct stat input {};
  // A pipe or file beside the words is what they are about.
  if (!people && ::fstat(STDIN_FILENO, &input) == 0 &&
      (S_ISFIFO(input.st_mode) || S_ISREG(input.st_mode))) {
    const std::string piped = read_stdin();
    if (!piped.empty()) question += (question.empty() ? "" : "\n\n") + piped;
  }
  if (question.empty()) {
    complain("chat: there is no question; give one as arguments or on standard input");
    return kUsage;
  }
  return chat.ask(question) == Turn::done ? kOk : kFailed;
}

}  // namespace

void add_chat(CLI::App& root, int& exit_code) {
  CLI::App* command = root.add_subcommand("chat", "Talks to a model through a server, streaming");
  command->footer(
      "Examples:\n"
      "  gatehouse chat                                      (a conversation)\n"
      "  gatehouse chat \"What is the capital of Japan?\"\n"
      "  cat report.txt | gatehouse chat --model fast Sum this up:\n"
      "  GATEHOUSE_KEY=gh_… gatehouse chat --url https://gatehouse.example.com Hello\n\n"
      "Ctrl-C stops the answer, and the server stops generating it.");
  const auto options = std::make_shared<Options>();
  command->add_option("text", options->words, "The question; standard input is added to it");
  command->add_option("--url", options->url, "The server; else that of the data folder")
      ->envname("GATEHOUSE_URL");
  command->add_option("--key", options->key, "The API key")->envname("GATEHOUSE_KEY");
  command->add_option("--model", options->model, "The model's name")->capture_default_str();
  command->add_option("--system", options->system, "A system prompt");
  command->add_option("--max-tokens", options->max_tokens, "Longest answer")
      ->check(CLI::PositiveNumber);
  command->add_option("--ca-file", options->ca_file, "Trust this authority (PEM)");
  command->add_option("--data", options->data.data_dir, "The server's data folder, to find its URL")
      ->envname("GATEHOUSE_DATA")
      ->type_name("DIR");
  runs(*command, exit_code, [options] { return chat(*options); });
}

}  // namespace gatehouse::app::cli
