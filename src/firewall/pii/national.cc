#include "firewall/pii/national.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "firewall/pii/checksum.h"
#include "firewall/pii/national_checks.h"

namespace gatehouse::firewall {
namespace {

using namespace national;
using Shape = NumberKind::Shape;

constexpr std::string_view kBirth =
    "birth|born|dob|d.o.b|geburt|geb.|naissance|nacimiento|nascimento|nascita";
constexpr std::string_view kSocial =
    "ssn|social security|social sec|soc sec|ss#|ss #|itin|taxpayer";

constexpr NumberKind kKinds[] = {
    {"pii.cn-id", "ddddddddddddddddd[dX]", cn_id, "", 0.97F, Shape::no},
    {"pii.mx-curp", "AAAAddddddAAAAAAxd", mx_curp, "", 0.97F, Shape::no},
    {"pii.it-codice-fiscale", "AAAAAAxxAxxAxxxA|AAA-AAA-xxAxx-AxxxA", it_cf, "", 0.97F, Shape::no},
    {"pii.fr-nir", "d_dd_dd_dx_ddd_ddd_dd|ddddddxdddddddd", fr_nir, "", 0.96F, Shape::no},
    {"pii.card",
     "dddd-dddd-dddd-dddd|dddd-dddddd-ddddd|dddd-dddddd-dddd|dddd-dddd-dddd-dddd-ddd|"
     "dddddddddddddddddd|"
     "ddddddddddddddddddd|dddddddddddddddd|ddddddddddddddd|dddddddddddddd|ddddddddddddd|"
     "dddddddddddd",
     card, "", 0.95F, Shape::no},
    {"pii.card",
     "dddddddddddddddd|ddddddddddddddd|dddddddddddddd|ddddddddddddd|dddddddddddd|dddd-dddd-dddd-"
     "dddd",
     luhn_card, "card|visa|mastercard|amex|credit|debit|karte|carte|tarjeta", 0.9F, Shape::no},
    {"pii.passport",
     "Adddddddd|AAddddddd|Addddddd|ddddddddd|dddddddd|AAdddddd|AAddddd|dddddddAA|ddAAddddd|"
     "xxxxxxxxx",
     document, "passport|reisepass|passeport|pasaporte|passaporte", 0.85F, Shape::no},
    {"pii.driving-licence",
     "Addddddd|Adddddddd|Adddddddddddd|AAdddddd|AAAAAddddddAxxAA|AAAAAddddddxxxxx|dddddddd|"
     "ddddddddd|dddddddddd|ddddddd|AAddddddA|Addd-dddd-dddd|Adddddd|Addddddddd|Adddddddddddddd|"
     "dddd-dd-dddd|xxxxxxxxxxxx",
     document, "driver|driving|licence|license|dl number|dl#|dl:|fuhrerschein|permis", 0.8F,
     Shape::no},
    {"pii.ch-ahv", "ddd-dddd-dddd-dd|ddddddddddddd", ch_ahv, "", 0.96F, Shape::no},
    {"pii.ro-cnp", "ddddddddddddd", ro_cnp, "", 0.85F, Shape::no},
    {"pii.za-id", "ddddddddddddd|dddddd-dddd-ddd", za_id, "", 0.85F, Shape::no},
    {"pii.th-id", "d-dddd-ddddd-dd-d|ddddddddddddd", th_id,
     "thai|citizen|national id|id card|id number", 0.9F, Shape::any},
    {"pii.br-cnpj", "dd.ddd.ddd/dddd-dd|dddddddddddddd", br_cnpj, "cnpj", 0.95F, Shape::any},
    {"pii.br-cpf", "ddd.ddd.ddd-dd|ddddddddddd", br_cpf, "cpf|cadastro|contribuinte", 0.95F,
     Shape::any},
    {"pii.be-rrn", "dd-dd-dd-ddd-dd|ddddddddddd", be_rrn,
     "rijksregister|registre national|national number|insz|niss", 0.93F, Shape::any},
    {"pii.no-fnr", "ddddddddddd|dddddd-ddddd", no_fnr, "", 0.85F, Shape::no},
    {"pii.de-steuer-id", "dd-ddd-ddd-ddd|ddddddddddd", de_tax,
     "steuer|tax|idnr|identifikationsnummer|tin", 0.9F, Shape::no},
    {"pii.de-rvnr", "dd-dddddd-A-ddd|ddddddddAddd", de_pension, "", 0.9F, Shape::no},
    {"pii.pl-pesel", "ddddddddddd", pl_pesel, "pesel|polish|polska|identyfik", 0.92F, Shape::no},
    {"pii.tr-tckn", "ddddddddddd", tr_tckn, "tc|kimlik|turkish|tckn", 0.9F, Shape::no},
    {"pii.hr-oib", "ddddddddddd", checksum::mod11_10, "oib|croatian", 0.9F, Shape::no},
    {"pii.ee-lt-id", "ddddddddddd", ee_id,
     "isikukood|asmens kodas|estonian|lithuanian|personal code", 0.9F, Shape::no},
    {"pii.ar-cuit", "dd-dddddddd-d|ddddddddddd", ar_cuit, "cuit|cuil", 0.9F, Shape::any},
    {"pii.au-abn", "dd-ddd-ddd-ddd|ddddddddddd", au_abn, "abn|business number", 0.85F, Shape::no},
    {"pii.kr-rrn", "dddddd-ddddddd", kr_rrn, "", 0.9F, Shape::no},
    {"pii.jp-my-number", "dddd-dddd-dddd|dddddddddddd", jp_my,
     "my number|mynumber|マイナンバー|個人番号", 0.92F, Shape::no},
    {"pii.in-aadhaar", "dddd-dddd-dddd|dddddddddddd", in_aadhaar, "aadhaar|aadhar|uid|uidai", 0.88F,
     Shape::any},
    {"pii.se-pnr", "dddddd-dddd", se_pnr, "personnummer|swedish|personal number|personal id", 0.88F,
     Shape::dashes},
    {"pii.se-pnr", "dddddddd-dddd|dddddddddddd", se_pnr,
     "personnummer|swedish|personal number|personal id", 0.88F, Shape::no},
    {"pii.fi-hetu", "dddddd-dddx|ddddddAdddx|dddddd+dddx", fi_hetu, "", 0.88F, Shape::no},
    {"pii.dk-cpr", "dddddd-dddd", ddmmyy, "cpr|danish|personnummer", 0.85F, Shape::no},
    {"pii.cz-sk-rc", "dddddd/dddd|dddddddddd", cz_rc, "rodn|birth number|r.c.", 0.9F, Shape::any},
    {"pii.my-nric", "dddddd-dd-dddd", my_nric, "", 0.75F, Shape::no},
    {"pii.at-svnr", "dddd-dddddd|dddddddddd", at_svnr,
     "svnr|sozialversicherung|versicherungsnummer|social", 0.9F, Shape::no},
    {"pii.bg-egn", "dddddddddd", bg_egn, "egn|bulgarian", 0.9F, Shape::no},
    {"pii.us-ssn", "ddd-dd-dddd|ddddddddd", us_ssn, kSocial, 0.9F, Shape::dashes},
    {"pii.us-itin", "ddd-dd-dddd", us_itin, "", 0.85F, Shape::no},
    {"pii.us-ein", "dd-ddddddd", any, "ein|employer id|tax id|fein", 0.8F, Shape::no},
    {"pii.us-npi", "dddddddddd", us_npi, "npi|provider identifier", 0.9F, Shape::no},
    {"pii.us-mbi", "dxxd-xxd-xxdd|dxxdxxdxxdd", us_mbi, "medicare|mbi|beneficiary", 0.85F,
     Shape::no},
    {"pii.us-bank", "ddddddddd", not_same, "routing number|aba number|aba routing", 0.85F,
     Shape::no},
    {"pii.bank-account", "dddddddd|ddddddddd|dddddddddd|ddddddddddd|dddddddddddd", not_same,
     "account number|account no|bank account|acct no|acct number|kontonummer|numero de cuenta",
     0.75F, Shape::no},
    {"pii.uk-nino", "AA_dd_dd_dd_A|AAddddddA", uk_nino, "", 0.92F, Shape::no},
    {"pii.uk-nhs", "ddd-ddd-dddd|dddddddddd", uk_nhs, "nhs|health service", 0.92F, Shape::no},
    {"pii.ca-sin", "ddd-ddd-ddd|ddddddddd", ca_sin, "sin|social insurance", 0.92F, Shape::no},
    {"pii.au-tfn", "ddd-ddd-ddd|ddddddddd", au_tfn, "tfn|tax file", 0.92F, Shape::no},
    {"pii.au-medicare", "dddd-ddddd-d|dddddddddd", au_medicare, "medicare", 0.92F, Shape::no},
    {"pii.nl-bsn", "dddd-dd-ddd|ddddddddd", nl_bsn, "bsn|burgerservice|sofi|dutch", 0.92F,
     Shape::no},
    {"pii.pt-nif", "ddd-ddd-ddd|ddddddddd", pt_nif, "nif|contribuinte|fiscal", 0.88F, Shape::no},
    {"pii.il-id", "ddddddddd", il_id, "teudat|israeli id", 0.85F, Shape::no},
    {"pii.es-dni", "dddddddd_A|dd.ddd.ddd_A", es_dni, "", 0.88F, Shape::no},
    {"pii.es-nie", "A_ddddddd_A", es_nie, "", 0.88F, Shape::no},
    {"pii.in-pan", "AAAAAddddA", in_pan, "", 0.85F, Shape::no},
    {"pii.sg-nric", "AdddddddA", sg_nric, "", 0.88F, Shape::no},
    {"pii.tw-id", "Addddddddd", tw_id, "", 0.82F, Shape::no},
    {"pii.ie-pps", "dddddddA|dddddddAA", ie_pps, "", 0.8F, Shape::no},
    {"pii.cl-rut", "dd.ddd.ddd-x|d.ddd.ddd-x|dddddddd-x", cl_rut, "", 0.88F, Shape::no},
    {"pii.imei", "ddddddddddddddd|dd-dddddd-dddddd-d", imei, "imei|device id|handset", 0.9F,
     Shape::no},
    {"pii.vin", "xxxxxxxxxxxxxxxxx", vin, "", 0.85F, Shape::no},
    {"pii.birth-date", "dd-dd-dddd", birth_dmy, kBirth, 0.85F, Shape::no},
    {"pii.birth-date", "dddd-dd-dd", birth_ymd, kBirth, 0.85F, Shape::no},
    {"pii.birth-date", "d-dd-dddd|dd-d-dddd", birth_7, kBirth, 0.8F, Shape::no},
};

constexpr std::pair<std::string_view, unsigned> kIbanLengths[] = {
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22},
    {"BH", 22}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24}, {"DE", 22},
    {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18}, {"FO", 18}, {"FR", 27},
    {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27}, {"GT", 28}, {"HR", 21}, {"HU", 28},
    {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26}, {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20},
    {"LB", 28}, {"LC", 32}, {"LI", 21}, {"LT", 20}, {"LU", 20}, {"LV", 21}, {"LY", 25}, {"MC", 27},
    {"MD", 24}, {"ME", 22}, {"MK", 19}, {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NL", 18}, {"NO", 15},
    {"PK", 24}, {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"SA", 24},
    {"SC", 31}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"ST", 25}, {"SV", 28}, {"TL", 23},
    {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20}};

}  // namespace

std::span<const NumberKind> number_kinds() {
  return kKinds;
}

unsigned iban_length(std::string_view country) {
  const auto* at = std::find_if(std::begin(kIbanLengths), std::end(kIbanLengths),
                                [&](const auto& entry) { return entry.first == country; });
  return at == std::end(kIbanLengths) ? 0 : at->second;
}

}  // namespace gatehouse::firewall
