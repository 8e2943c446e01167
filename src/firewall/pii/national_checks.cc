#include "firewall/pii/national_checks.h"

#include <algorithm>
#include <array>
#include <string>

#include "firewall/pii/checksum.h"
#include "firewall/text/utf8.h"

namespace gatehouse::firewall::national {
namespace {

using checksum::is_date;
using checksum::luhn;
using checksum::two;
using checksum::weighted;
using View = std::string_view;

int digit(View text, size_t at) {
  return text[at] - '0';
}
bool all_same(View text) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return c == text[0]; });
}
template <size_t N>
int sum(View text, const std::array<int, N>& weights) {
  return weighted(text, weights.data(), N);
}

}  // namespace

bool card(View t) {
  if (!luhn(t) || all_same(t)) return false;
  const int two_digits = two(t, 0);
  const int four = two_digits * 100 + two(t, 2);
  const size_t n = t.size();
  if (t[0] == '4') return n == 13 || n == 16 || n == 19;     // Visa
  if (two_digits >= 51 && two_digits <= 55) return n == 16;  // Mastercard
  if (four >= 2221 && four <= 2720) return n == 16;          // Mastercard
  if (two_digits == 34 || two_digits == 37) return n == 15;  // American Express
  if (four == 6011 || two_digits == 65 || (four >= 6440 && four <= 6499))
    return n >= 16;                                          // Discover
  if (two_digits == 62 || two_digits == 81) return n >= 16;  // UnionPay
  if (two_digits == 36 || two_digits == 38 || two_digits == 39 || (four >= 3000 && four <= 3059)) {
    return n == 14 || n == 16;  // Diners Club
  }
  if (four >= 3528 && four <= 3589) return n >= 16;                                // JCB
  if (two_digits == 50 || (two_digits >= 56 && two_digits <= 69)) return n >= 12;  // Maestro, RuPay
  if (four == 1800 || four == 2131) return n == 15;                                // JCB, old
  return four >= 2200 && four <= 2204 && n >= 16;                                  // Mir
}

bool luhn_card(View t) {
  return luhn(t) && !all_same(t);
}

bool us_ssn(View t) {
  const int area = digit(t, 0) * 100 + two(t, 1);
  return area != 0 && area != 666 && area < 900 && two(t, 3) != 0 && t.substr(5) != "0000" &&
         t != "078051120" && t != "123456789" && !all_same(t);
}
bool us_itin(View t) {
  const int group = two(t, 3);
  return t[0] == '9' && ((group >= 50 && group <= 65) || (group >= 70 && group <= 88) ||
                         (group >= 90 && group <= 92) || (group >= 94 && group <= 99));
}
bool us_npi(View t) {
  return (t[0] == '1' || t[0] == '2') && luhn("80840" + std::string(t));
}
bool us_mbi(View t) {
  return t[0] != '0' && !is_ascii_digit(t[1]) && is_ascii_digit(t[3]) && !is_ascii_digit(t[4]) &&
         is_ascii_digit(t[6]) && !is_ascii_digit(t[7]) && !is_ascii_digit(t[8]) &&
         t.find_first_of("SLOIBZ") == t.npos;
}
bool any(View) {
  return true;
}
bool not_same(View t) {
  return !all_same(t);
}

bool uk_nino(View t) {
  const View bad_first = "DFIQUV";
  if (bad_first.find(t[0]) != bad_first.npos || bad_first.find(t[1]) != bad_first.npos ||
      t[1] == 'O')
    return false;
  for (const View bad : {"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"}) {
    if (t.substr(0, 2) == bad) return false;
  }
  return t[8] >= 'A' && t[8] <= 'D';
}
bool uk_nhs(View t) {
  const int rest = 11 - sum(t, std::array{10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11;
  return rest != 10 && rest % 11 == digit(t, 9) && !all_same(t);
}
bool de_tax(View t) {
  if (t[0] == '0' || !checksum::mod11_10(t)) return false;
  // Of the first ten digits one occurs two or three times, so at least one never does.
  std::array<int, 10> counts{};
  for (const char c : t.substr(0, 10)) ++counts[static_cast<size_t>(c - '0')];
  const int most = *std::max_element(counts.begin(), counts.end());
  return most == 2 || most == 3;
}
bool de_pension(View t) {
  // Letters count as two digits; the weights run over the twelve digits before the check digit.
  const int letter = t[8] - 'A' + 1;
  std::string full = std::string(t.substr(0, 8)) + static_cast<char>('0' + letter / 10) +
                     static_cast<char>('0' + letter % 10) + std::string(t.substr(9, 2));
  constexpr std::array kWeights = {2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1};
  int total = 0;
  for (size_t i = 0; i < 12; ++i) {
    const int product = (full[i] - '0') * kWeights[i];
    total += product / 10 + product % 10;
  }
  return total % 10 == digit(t, 11) && two(t, 4) >= 1 && two(t, 4) <= 12;
}
bool fr_nir(View t) {
  const int month = two(t, 3);
  if ((t[0] != '1' && t[0] != '2' && t[0] != '7' && t[0] != '8') || month == 0 ||
      (month > 12 && month < 20) || (month > 42 && month < 50)) {
    return false;
  }
  std::string body(t.substr(0, 13));
  if (body[6] == 'A' || body[6] == 'B') {  // Corsica: 2A counts as 19, 2B as 18
    body[5] = '1';
    body[6] = body[6] == 'A' ? '9' : '8';
  }
  if (!std::all_of(body.begin(), body.end(), is_ascii_digit) || !is_ascii_digit(t[13]))
    return false;
  return 97 - checksum::number(body) % 97 == static_cast<uint64_t>(two(t, 13));
}
static bool es_letter(View number, char letter) {
  constexpr View kLetters = "TRWAGMYFPDXBNJZSQVHLCKE";
  return kLetters[checksum::number(number) % 23] == letter;
}
bool es_dni(View t) {
  return es_letter(t.substr(0, 8), t[8]) && !all_same(t.substr(0, 8));
}
bool es_nie(View t) {
  if (t[0] < 'X' || t[0] > 'Z') return false;
  return es_letter(static_cast<char>('0' + (t[0] - 'X')) + std::string(t.substr(1, 7)), t[8]);
}
bool it_cf(View t) {
  constexpr std::array kOdd = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                               20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
  if (View("ABCDEHLMPRST").find(t[8]) == View::npos) return false;
  int total = 0;
  for (size_t i = 0; i < 15; ++i) {
    const int value = is_ascii_digit(t[i]) ? t[i] - '0' : t[i] - 'A';
    total += i % 2 == 0 ? kOdd[static_cast<size_t>(value)] : value;
  }
  return t[15] == 'A' + total % 26;
}
bool nl_bsn(View t) {
  return sum(t, std::array{9, 8, 7, 6, 5, 4, 3, 2, -1}) % 11 == 0 && !all_same(t);
}
bool pl_pesel(View t) {
  const int month = two(t, 2) % 20;
  return is_date(two(t, 0), month, two(t, 4)) &&
         (10 - sum(t, std::array{1, 3, 7, 9, 1, 3, 7, 9, 1, 3}) % 10) % 10 == digit(t, 10);
}
static bool br_check(View t, size_t at, int first_weight) {
  int total = 0;
  int weight = first_weight;
  for (size_t i = 0; i < at; ++i) {
    total += digit(t, i) * weight;
    weight = weight == 2 && first_weight < 10 ? 9 : weight - 1;
  }
  const int rest = total % 11;
  return (rest < 2 ? 0 : 11 - rest) == digit(t, at);
}
bool br_cpf(View t) {
  return !all_same(t) && br_check(t, 9, 10) && br_check(t, 10, 11);
}
bool br_cnpj(View t) {
  return !all_same(t) && br_check(t, 12, 5) && br_check(t, 13, 6);
}
bool in_aadhaar(View t) {
  return t[0] >= '2' && checksum::verhoeff(t) && !all_same(t);
}
bool in_pan(View t) {
  return View("PCFHATBLJG").find(t[3]) != View::npos;
}
bool ca_sin(View t) {
  return t[0] != '0' && t[0] != '8' && luhn(t) && !all_same(t);
}
bool au_tfn(View t) {
  return sum(t, std::array{1, 4, 3, 7, 5, 8, 6, 9, 10}) % 11 == 0 && !all_same(t);
}
bool au_medicare(View t) {
  return t[0] >= '2' && t[0] <= '6' &&
         sum(t, std::array{1, 3, 7, 9, 1, 3, 7, 9}) % 10 == digit(t, 8);
}
bool au_abn(View t) {
  std::string less(t);
  less[0] = static_cast<char>(less[0] - 1);
  return t[0] != '0' && sum(less, std::array{10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19}) % 89 == 0;
}
bool se_pnr(View t) {
  const View ten = t.size() == 12 ? t.substr(2) : t;
  const int day = two(ten, 4);
  return luhn(ten) && is_date(two(ten, 0), two(ten, 2), day > 60 ? day - 60 : day);
}
bool fi_hetu(View t) {
  constexpr View kCheck = "0123456789ABCDEFHJKLMNPRSTUVWXY";
  const std::string number = std::string(t.substr(0, 6)) + std::string(t.substr(t.size() - 4, 3));
  return std::all_of(number.begin(), number.end(), is_ascii_digit) &&
         is_date(two(t, 4), two(t, 2), two(t, 0)) &&
         kCheck[checksum::number(number) % 31] == t.back();
}
bool no_fnr(View t) {
  const int day = two(t, 0);
  const int month = two(t, 2);
  return is_date(two(t, 4), month > 40 ? month - 40 : month, day > 40 ? day - 40 : day) &&
         sum(t, std::array{3, 7, 6, 1, 8, 9, 4, 5, 2, 1}) % 11 == 0 &&
         sum(t, std::array{5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1}) % 11 == 0;
}
bool ddmmyy(View t) {
  return is_date(two(t, 4), two(t, 2), two(t, 0));
}
bool cn_id(View t) {
  const int year = two(t, 6) * 100 + two(t, 8);
  if (year < 1900 || year > 2035 || !is_date(year, two(t, 10), two(t, 12))) return false;
  constexpr View kCheck = "10X98765432";
  return kCheck[static_cast<size_t>(
             sum(t.substr(0, 17), std::array{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}) %
             11)] == t[17];
}
bool jp_my(View t) {
  const int rest = sum(t, std::array{6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11;
  return (rest <= 1 ? 0 : 11 - rest) == digit(t, 11) && !all_same(t);
}
bool kr_rrn(View t) {
  if (!is_date(two(t, 0), two(t, 2), two(t, 4)) || t[6] < '1' || t[6] > '8') return false;
  const bool checked =
      (11 - sum(t, std::array{2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5}) % 11) % 10 == digit(t, 12);
  return checked || two(t, 0) >= 20 || two(t, 0) <= 30;  // no check digit since October 2020
}
bool be_rrn(View t) {
  const uint64_t body = checksum::number(t.substr(0, 9));
  const auto check = static_cast<uint64_t>(two(t, 9));
  return 97 - body % 97 == check || 97 - (2'000'000'000 + body) % 97 == check;
}
bool ch_ahv(View t) {
  int total = 0;
  for (size_t i = 0; i < 12; ++i) total += digit(t, i) * (i % 2 == 0 ? 1 : 3);
  return t.substr(0, 3) == "756" && (10 - total % 10) % 10 == digit(t, 12);
}
bool at_svnr(View t) {
  return sum(t, std::array{3, 7, 9, 0, 5, 8, 4, 2, 1, 6}) % 11 == digit(t, 3) &&
         is_date(two(t, 8), two(t, 6), two(t, 4));
}
bool cz_rc(View t) {
  const int month = two(t, 2);
  const int real = month > 70   ? month - 70
                   : month > 50 ? month - 50
                   : month > 20 ? month - 20
                                : month;
  return is_date(two(t, 0), real, two(t, 4)) && checksum::number(t) % 11 == 0;
}
bool pt_nif(View t) {
  const int rest = sum(t, std::array{9, 8, 7, 6, 5, 4, 3, 2}) % 11;
  return (rest < 2 ? 0 : 11 - rest) == digit(t, 8) && t[0] != '0';
}
bool ro_cnp(View t) {
  const int rest = sum(t, std::array{2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9}) % 11;
  return t[0] != '0' && is_date(two(t, 1), two(t, 3), two(t, 5)) &&
         (rest == 10 ? 1 : rest) == digit(t, 12);
}
bool bg_egn(View t) {
  const int month = two(t, 2);
  return is_date(two(t, 0),
                 month > 40   ? month - 40
                 : month > 20 ? month - 20
                              : month,
                 two(t, 4)) &&
         sum(t, std::array{2, 4, 8, 5, 10, 9, 7, 3, 6}) % 11 % 10 == digit(t, 9);
}
bool ee_id(View t) {
  int rest = sum(t, std::array{1, 2, 3, 4, 5, 6, 7, 8, 9, 1}) % 11;
  if (rest == 10) rest = sum(t, std::array{3, 4, 5, 6, 7, 8, 9, 1, 2, 3}) % 11 % 10;
  return t[0] >= '1' && t[0] <= '8' && is_date(two(t, 1), two(t, 3), two(t, 5)) &&
         rest == digit(t, 10);
}
bool ie_pps(View t) {
  int total = weighted(t, std::array{8, 7, 6, 5, 4, 3, 2}.data(), 7);
  if (t.size() == 9) total += (t[8] - 'A' + 1) * 9;
  const int rest = total % 23;
  return (rest == 0 ? 'W' : 'A' + rest - 1) == t[7];
}
bool tr_tckn(View t) {
  const int odd = digit(t, 0) + digit(t, 2) + digit(t, 4) + digit(t, 6) + digit(t, 8);
  const int even = digit(t, 1) + digit(t, 3) + digit(t, 5) + digit(t, 7);
  return t[0] != '0' && (odd * 7 - even + 100) % 10 == digit(t, 9) &&
         (odd + even + digit(t, 9)) % 10 == digit(t, 10);
}
bool za_id(View t) {
  return luhn(t) && is_date(two(t, 0), two(t, 2), two(t, 4)) && t[10] <= '1';
}
bool mx_curp(View t) {
  constexpr View kAlphabet =
      "0123456789ABCDEFGHIJKLMN_OPQRSTUVWXYZ";  // the place of N-tilde is kept
  int total = 0;
  for (size_t i = 0; i < 17; ++i)
    total += static_cast<int>(kAlphabet.find(t[i])) * static_cast<int>(18 - i);
  return is_date(two(t, 4), two(t, 6), two(t, 8)) &&
         (t[10] == 'H' || t[10] == 'M' || t[10] == 'X') && (10 - total % 10) % 10 == digit(t, 17);
}
bool ar_cuit(View t) {
  const int rest = 11 - sum(t, std::array{5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11;
  return (rest == 11 ? 0 : rest == 10 ? 9 : rest) == digit(t, 10);
}
bool cl_rut(View t) {
  int total = 0;
  int weight = 2;
  for (size_t i = t.size() - 1; i-- > 0;) {
    total += digit(t, i) * weight;
    weight = weight == 7 ? 2 : weight + 1;
  }
  const int rest = 11 - total % 11;
  return (rest == 11 ? '0' : rest == 10 ? 'K' : static_cast<char>('0' + rest)) == t.back();
}
bool sg_nric(View t) {
  const int total =
      sum(t.substr(1), std::array{2, 7, 6, 5, 4, 3, 2}) + (t[0] == 'T' || t[0] == 'G' ? 4
                                                           : t[0] == 'M'              ? 3
                                                                                      : 0);
  if (t[0] == 'S' || t[0] == 'T')
    return View("JZIHGFEDCBA")[static_cast<size_t>(total % 11)] == t[8];
  if (t[0] == 'F' || t[0] == 'G')
    return View("XWUTRQPNMLK")[static_cast<size_t>(total % 11)] == t[8];
  return false;
}
bool tw_id(View t) {
  constexpr std::array kLetters = {10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21,
                                   22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33};
  const int letter = kLetters[static_cast<size_t>(t[0] - 'A')];
  return (t[1] == '1' || t[1] == '2') &&
         (letter / 10 + letter % 10 * 9 + sum(t.substr(1), std::array{8, 7, 6, 5, 4, 3, 2, 1, 1})) %
                 10 ==
             0;
}
bool th_id(View t) {
  return (11 - sum(t, std::array{13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11) % 10 ==
             digit(t, 12) &&
         t[0] != '0';
}
bool my_nric(View t) {
  return is_date(two(t, 0), two(t, 2), two(t, 4));
}
bool il_id(View t) {
  return luhn(t) && !all_same(t);
}
bool imei(View t) {
  return luhn(t) && !all_same(t);
}
bool vin(View t) {
  constexpr std::array kWeights = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
  constexpr View kFrom = "ABCDEFGHJKLMNPRSTUVWXYZ";
  constexpr View kTo = "12345678123457923456789";
  int total = 0;
  size_t digits = 0;
  for (size_t i = 0; i < 17; ++i) {
    const size_t at = kFrom.find(t[i]);
    if (is_ascii_digit(t[i])) {
      total += digit(t, i) * kWeights[i];
      ++digits;
    } else if (at == kFrom.npos) {
      return false;
    } else {
      total += (kTo[at] - '0') * kWeights[i];
    }
  }
  const int rest = total % 11;
  return digits >= 5 && (rest == 10 ? 'X' : static_cast<char>('0' + rest)) == t[8];
}
bool document(View t) {
  return std::count_if(t.begin(), t.end(), is_ascii_digit) >= 4;
}
bool birth_dmy(View t) {
  const int year = two(t, 4) * 100 + two(t, 6);
  return year > 1890 && year < 2040 &&
         (is_date(year, two(t, 2), two(t, 0)) || is_date(year, two(t, 0), two(t, 2)));
}
bool birth_ymd(View t) {
  const int year = two(t, 0) * 100 + two(t, 2);
  return year > 1890 && year < 2040 && is_date(year, two(t, 4), two(t, 6));
}
bool birth_7(View t) {  // d/mm/yyyy or dd/m/yyyy
  const int year = two(t, 3) * 100 + two(t, 5);
  return year > 1890 && year < 2040;
}

}  // namespace gatehouse::firewall::national
