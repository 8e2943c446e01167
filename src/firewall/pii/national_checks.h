#pragma once

#include <string_view>

/// The checks of each kind of number: check digits, dates and letters as the issuing authority
/// publishes them. Each takes the number without separators, as long as one of its masks has it.
namespace gatehouse::firewall::national {

bool card(std::string_view t);
bool luhn_card(std::string_view t);
bool us_ssn(std::string_view t);
bool us_itin(std::string_view t);
bool us_npi(std::string_view t);
bool us_mbi(std::string_view t);
bool any(std::string_view t);
bool not_same(std::string_view t);
bool uk_nino(std::string_view t);
bool uk_nhs(std::string_view t);
bool de_tax(std::string_view t);
bool de_pension(std::string_view t);
bool fr_nir(std::string_view t);
bool es_dni(std::string_view t);
bool es_nie(std::string_view t);
bool it_cf(std::string_view t);
bool nl_bsn(std::string_view t);
bool pl_pesel(std::string_view t);
bool br_cpf(std::string_view t);
bool br_cnpj(std::string_view t);
bool in_aadhaar(std::string_view t);
bool in_pan(std::string_view t);
bool ca_sin(std::string_view t);
bool au_tfn(std::string_view t);
bool au_medicare(std::string_view t);
bool au_abn(std::string_view t);
bool se_pnr(std::string_view t);
bool fi_hetu(std::string_view t);
bool no_fnr(std::string_view t);
bool ddmmyy(std::string_view t);
bool cn_id(std::string_view t);
bool jp_my(std::string_view t);
bool kr_rrn(std::string_view t);
bool be_rrn(std::string_view t);
bool ch_ahv(std::string_view t);
bool at_svnr(std::string_view t);
bool cz_rc(std::string_view t);
bool pt_nif(std::string_view t);
bool ro_cnp(std::string_view t);
bool bg_egn(std::string_view t);
bool ee_id(std::string_view t);
bool ie_pps(std::string_view t);
bool tr_tckn(std::string_view t);
bool za_id(std::string_view t);
bool mx_curp(std::string_view t);
bool ar_cuit(std::string_view t);
bool cl_rut(std::string_view t);
bool sg_nric(std::string_view t);
bool tw_id(std::string_view t);
bool th_id(std::string_view t);
bool my_nric(std::string_view t);
bool il_id(std::string_view t);
bool imei(std::string_view t);
bool vin(std::string_view t);
bool document(std::string_view t);
bool birth_dmy(std::string_view t);
bool birth_ymd(std::string_view t);
bool birth_7(std::string_view t);

}  // namespace gatehouse::firewall::national
