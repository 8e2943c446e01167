// Put before llama.cpp's grammar writer: what it would print as a warning (a schema that it
// enforces only in part) becomes an error there.
#pragma once
#include <cstdio>
#include <string>

extern "C" int gatehouse_schema_incomplete(FILE*, const char* format, ...);
#define fprintf gatehouse_schema_incomplete
