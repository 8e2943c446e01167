"""Sentences for names.py in which nothing is a name or an address, though it may look so. Written for this project."""

# {C}: a word of the lexicon with a capital; {W}: the same without; {B}: a brand; {P}: a place; {M}: a month or
# weekday; {L}: a surname that is part of something else; {X}: a code identifier.
NEITHER = """How do I install {B} on {B} {d}?
Compare {B}, {B} and {B} for {W} {W}.
Explain the difference between {C} {C} and {C} {C}.
{C} {C} {C}
{C} {C} {C} {C} {C}
{C} The {C} Of {C} And {C}
Chapter {d}: {C} {C} in {C} {C}
# {C} {C}⏎⏎{C} {W} {W} {W} the {W}.
## {C} {W} {W}⏎{C} {W}.
On {M}, {M} {d}, the {C} of {C} approved the {C} {C}.
On {M} the {W} was {W}.
{M} {d}, {d}
{P} is larger than {P}.
I want to travel from {P} to {P} in {M}.
The {P} {C} and the {P} {C} are closed.
Mount {C} is in {P}.
Visit the {C} Museum, {C} Park and the {L} Bridge in {P}.
The {L} Institute published a {W}.
{L} Ltd. and {L} & {L} LLC merged.
{L} Inc. hired {d} people in {P}.
{L} Group, {C} Holdings and {B} raised prices.
I work at {L} Corporation.
The University of {P} and {P} State University signed.
St. {L} Hospital is in {P}.
The {L} Airport is {W}.
public class {X} extends {X} implements {X} { private final {X} {W}; }
def {W}_{W}({W}: str, {W}: int) -> {X}:
SELECT {C}, {C} FROM {C} WHERE {C} = '{P}' ORDER BY {C};
import {X} from '{W}';
from {W} import {X}, {X}
const {W} = new {X}({W}, {d});
{X}.{W}({X}.{C}, {d})
{"{W}": "{C}", "{W}": {d}}
{"title": "{C} {C}", "id": {d}}
{"name": "{W}-{W}", "version": "1.{d}"}
{"name": "{C} {C}", "price": {d}}
name: {W}-{W}
Product name: {B} {C} {d}
Name of the {W}: {C}
The name {W} is {W}.
my name is not important
my name is on the list
what is the name of the {W}
the name of the file is {W}
call me when you {W}
hi there, how are you
dear all, {W} {W}
Dear Sir or Madam,⏎⏎I am writing to {W}.
Dear Customer, your {W} is {W}.
Dear Hiring Manager,⏎I am {W}.
Best regards,⏎The {B} Team
Thanks,⏎The {C} Team
Kind regards,⏎{C} Department
{C} {W} {W} {W} {W}. {C} {W} {W} the {W}.
{C} {W} {W}, but {W} {W} {W}.
{C}, {W} {W}: {W} {W}.
Are {W} {W} {W}? {C} {W} not.
{C}'s {W} is {W}.
The {B} {C} API returns {C} objects.
{B} {C} Studio
{B} {C} {d} Pro
Translate "{C} {C}" into French, German and Japanese.
The {C} War began in {d}.
The {C} {C} Act of {d}
In {M} {d}, {B} released {B} {d}.
{B} and {B} are {W}.
Ask {B} to {W} the {W}.
Write a {W} about a {W} who is afraid of {W}.
Write {d} {W} about {C}.
There are {d} {W} in {d} {W}.
Set {X} to {d} and {X} to {d}.
Step {d}: {C} the {W} and {W} {d} times.
Table {d}: {C} {C} ({C})
| {C} | {C} |⏎| --- | --- |⏎| {W} | {d} |
- {C}: {W}⏎- {C} {C}: {W}
1. {C} {C}⏎2. {C} {W}⏎3. {C} {C} {C}
* {C} {W} {W}⏎* {C} {W}
A) {C} B) {C} C) {C} D) {C}
Q: {C} {W} {W}?⏎A: {C}.
TODO: {C} {C} In {C}
ERROR: {X} failed at line {d}
WARNING {C} {W} {W}
{d} {W}, {d} {W} and {d} {W}
{d} {C}, {d} {C}
Room {d}, Floor {d}, Building {C}
I live in {P}.
I live near the {W} and work in {P}.
The street is {W} and the road is {W}.
Turn left at the {W} street and walk {d} metres.
The {C} Street Journal reported it.
Wall Street fell {d} points in {M}.
Version {d}.{d} of {B}
Was kostet eine {C} von {P} nach {P} am {M}?
Die {C} und der {C} sind im {C}.
Der {C} hat die {C} im {C} gesehen.
Das {C} ist {W}. Die {C} auch.
Le {C} de {P} est {W}.
La {C} de la {C} es {W}.
Il {C} di {P} è {W}.
De {C} van {P} is {W}.
O {C} de {P} é {W}.
What is the capital of {P}?
English, French and {C} speakers in {P}
The {C} Party won in {P}.
He is a {C} and she is {C}.
I am {W} and I am {W}.
This is {W} {W}.
Hello World
Hello {C}, {W} {W}
Hi Claude, {W} {W}
Thanks, {W} {W} {W}.
You are {B}, a {W} assistant.
You are a {C} {C} Expert.
Act as a {C} {C} and {W}.
{C} Manager
{C} {C} Engineer at {B}
President of {P}
The President {W} the {W}.
The King and the Queen {W}.
Doctor, my {W} is {W}.
Mr. {C} President
Prime Minister of {P}
{M}, {M} and {M}
Open from {M} to {M}, {d}:00 to {d}:00.
The {P}n {C} is {W}.
GDP of {P} in {d}: {d} billion
{X}_{X} = {d}
<div class="{W}">{C} {C}</div>
[{C} {C}](https://example.com/{W})
**{C} {C}:** {W} {W}
{C}/{C} {W}
{C}-{C} {W}
\"{C} {W},\" the {W} said.
A {L} novel by nobody
The {L} theorem and the {L} method
{L}'s law
{L} syndrome is {W}.
{W} {W} in {Y} {W} {W}.
{C} {W} {W} to {Y} {W} {M}.
We {W} {W} {Y}, near {Y}.
born in {Y}, {P}
Born in {Y}, she {W} {W}.
Our {W} to {Y} and {Y} {W}.
{Y} is the capital of {Y}.
I am from {Y}.
The battle of {Y} was {W}.
{C} of {Y} {W}
I'm {W} {Y}, {W} {W}
Located in {Y}, {C} {W} {W}.
{C} {W} at {C} {C} in {Y}.
They {W} {W} from {Y}.
the {C}-{C} {W}
{C} {C}-{C} and {C} {C}
{W} {C}, {C} and {C} {W}.
{L} and Daughters {W} {W} {W}.
{L}-{L} {W} a {W} firm.
{L}, {L} and {L} LLP {W}
works at {L} & {L}
{Ç} {ç} {Ç}.
{Ç} {ç} {ç}, {ç} {ç}.
{ç} {Ç} {ç} {Ç} {ç}
{Ç}: {ç} {Ç}?
{Ç} und {Ç} der {Ç}
Die {Ç} der {Ç} ist {W}.
{C} {C}'s {W}
{C} {B} {W}
{C} {P} {C}
{P} {C} and {C}
{P}, {P} and {P}
{X} {X} {C}
{C} {X} {d} {W}
{d}/{W}, {d}/{W}
NO {d}
No. {d} {W}
{W} {d} {W}, {C} {d}
{C} {d}: {C} {d}
{d} {C} {C}
{W} {d} {C} {C} {W}.
{C} {d} {W} {C} {C}, {P}
{P}, {P} ({X}) {W}
the {C} {C} {W}
of {C} {C}
{W} the {C} of {C} {W}
{W} {W} of {P} {W}
{C} {W} to {P} {W} {M} {W}.
{W} {C}.{W} {W}""".splitlines()
