#pragma once

// qpdf's headers, in the one way in which g++ 12 and clang 16 both take them.

/// It asks which of the names of its smart pointer are used: none.
#define POINTERHOLDER_TRANSITION 4
/// Its JSON is not used. As C++20, clang does not compile its header: a vector of a class that is
/// not yet complete is destroyed there.
#define JSON_HH
class JSON;

#include <qpdf/InputSource.hh>
#include <qpdf/Pipeline.hh>
#include <qpdf/Pl_Flate.hh>
#include <qpdf/Pl_RunLength.hh>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFExc.hh>
#include <qpdf/QPDFObjectHandle.hh>
#include <qpdf/QPDFStreamFilter.hh>
