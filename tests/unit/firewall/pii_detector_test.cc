#include "firewall/pii/pii_detector.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gatehouse::firewall {
namespace {

std::vector<std::pair<std::string, std::string>> found(const std::string& text) {
  Findings findings;
  PiiDetector::scan(text, findings);
  std::vector<std::pair<std::string, std::string>> list;
  for (const Finding& finding : findings) {
    list.emplace_back(finding.rule, text.substr(finding.begin, finding.end - finding.begin));
  }
  return list;
}

struct Sample {
  const char* rule;
  const char* text;
  const char* value;
};

// Numbers with valid check digits, of nobody: published examples, or made for this test.
const Sample kSamples[] = {
    {"pii.card", "card 4111 1111 1111 1111 ok", "4111 1111 1111 1111"},
    {"pii.card", "378282246310005", "378282246310005"},
    {"pii.card", "5555-5555-5555-4444.", "5555-5555-5555-4444"},
    {"pii.iban", "IBAN: DE89 3704 0044 0532 0130 00, thanks", "DE89 3704 0044 0532 0130 00"},
    {"pii.iban", "to GB82WEST12345698765432 now", "GB82WEST12345698765432"},
    {"pii.us-ssn", "SSN 536-90-4399", "536-90-4399"},
    {"pii.us-ssn", "my social security number is 536904399", "536904399"},
    {"pii.uk-nino", "NINO AB 12 34 56 C here", "AB 12 34 56 C"},
    {"pii.uk-nhs", "NHS number 943 476 5919", "943 476 5919"},
    {"pii.de-steuer-id", "Steuer-ID 86095742719", "86095742719"},
    {"pii.fr-nir", "NIR 2 55 08 14 168 025 38", "2 55 08 14 168 025 38"},
    {"pii.es-dni", "DNI 12345678Z", "12345678Z"},
    {"pii.es-nie", "NIE X1234567L", "X1234567L"},
    {"pii.it-codice-fiscale", "CF RSSMRA85T10A562S", "RSSMRA85T10A562S"},
    {"pii.nl-bsn", "BSN 111222333", "111222333"},
    {"pii.pl-pesel", "PESEL 44051401359", "44051401359"},
    {"pii.br-cpf", "CPF 111.444.777-35", "111.444.777-35"},
    {"pii.br-cnpj", "CNPJ 11.222.333/0001-81", "11.222.333/0001-81"},
    {"pii.in-aadhaar", "Aadhaar 2341 2341 2346", "2341 2341 2346"},
    {"pii.in-pan", "PAN ABCPE1234F", "ABCPE1234F"},
    {"pii.ca-sin", "SIN 130 692 544", "130 692 544"},
    {"pii.au-tfn", "TFN 123 456 782", "123 456 782"},
    {"pii.se-pnr", "personnummer 811218-9876", "811218-9876"},
    {"pii.fi-hetu", "131052-308T", "131052-308T"},
    {"pii.ch-ahv", "756.9217.0769.85", "756.9217.0769.85"},
    {"pii.cn-id", "11010519491231002X", "11010519491231002X"},
    {"pii.kr-rrn", "900101-1234568", "900101-1234568"},
    {"pii.sg-nric", "NRIC S1234567D", "S1234567D"},
    {"pii.tr-tckn", "TC kimlik 10000000146", "10000000146"},
    {"pii.cl-rut", "RUT 12.345.678-5", "12.345.678-5"},
    {"pii.email", "mail j.doe+x@mail.example.org.", "j.doe+x@mail.example.org"},
    {"pii.phone", "call +49 (30) 901820 soon", "+49 (30) 901820"},
    {"pii.phone", "(978) 645-9740 x113", "(978) 645-9740 x113"},
    {"pii.ipv4", "host 10.20.30.40 is up", "10.20.30.40"},
    {"pii.ipv6", "at 2001:db8::8a2e:370:7334 now", "2001:db8::8a2e:370:7334"},
    {"pii.mac", "00:1A:2b:3c:4d:5E", "00:1A:2b:3c:4d:5E"},
    {"pii.bitcoin", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"},
    {"pii.bitcoin", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
     "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"},
    {"pii.birth-date", "born on 24/12/1985 in", "24/12/1985"},
    {"pii.passport", "passport no. C01X00T47", "C01X00T47"},
    {"pii.imei", "IMEI 490154203237518", "490154203237518"},
};

TEST(PiiDetector, FindsEachKind) {
  for (const Sample& sample : kSamples) {
    const auto list = found(sample.text);
    EXPECT_TRUE(std::find(list.begin(), list.end(),
                          std::pair<std::string, std::string>(sample.rule, sample.value)) !=
                list.end())
        << sample.rule << " in: " << sample.text
        << (list.empty() ? "" : " but found " + list[0].first + " " + list[0].second);
  }
}

// One digit changed, a check digit no longer fits. Kinds that rest on form alone are left out.
TEST(PiiDetector, AWrongCheckDigitIsNoFinding) {
  for (const char* text :
       {"4111 1111 1111 1112", "DE89 3704 0044 0532 0130 01", "DNI 12345678A", "RSSMRA85T10A562T",
        "CPF 111.444.777-36", "11010519491231002Y", "756.9217.0769.84", "CNPJ 11.222.333/0001-82",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "S1234567E", "000-12-3456", "666-12-3456"}) {
    for (const auto& [rule, value] : found(text)) {
      EXPECT_TRUE(rule == "pii.phone" || rule == "pii.passport")
          << rule << " " << value << " in " << text;
    }
  }
}

TEST(PiiDetector, OrdinaryNumbersPass) {
  for (const char* text :
       {"In 2024 we sold 1,234,567 units for $4.99 each.", "version 1.2.3.4 of the library",
        "3.14159265358979", "id 09a82ef5-f76e-49d5-a404-9afd1543b086", "at 12:30:45 on 2024-05-06",
        "(1914-1918)", "ISBN 978-3-16-148410-0", "0049 0020 0068 0061 0076", "123456789",
        "order 20240506-0001", "std::vector<int>::size_type", "a@b", "@handle", "192.168.1.300",
        "5 6 7 8 9 10 11 12 13 14"}) {
    EXPECT_TRUE(found(text).empty())
        << text << ": " << found(text)[0].first << " " << found(text)[0].second;
  }
}

TEST(PiiDetector, ContextCountsOnlyBeforeTheValue) {
  EXPECT_TRUE(found("536904399 is my social security number").empty());
  EXPECT_FALSE(found("social security: 536904399").empty());
}

TEST(PiiDetector, OffsetsAreOfTheOriginal) {
  const std::string text = "kärte ４１１１ １１１１ １１１１ １１１１!";
  Normalised view;
  clean_text(text, view);
  Findings findings;
  PiiDetector::scan(view, findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(text.substr(findings[0].begin, findings[0].end - findings[0].begin),
            "４１１１ １１１１ １１１１ １１１１");
}

TEST(PiiDetector, KnowsThirtyKindsAndMore) {
  EXPECT_GE(PiiDetector::kinds().size(), 50U);
}

}  // namespace
}  // namespace gatehouse::firewall
