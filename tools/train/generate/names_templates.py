"""Sentences around names and addresses for names.py. Written for this project. ⏎ is a line end."""

NAMES = """Hi, I'm {n} and I need help with my order.
My name is {n}.
my name is {n}, can you help me?
I am {n}, a student from {T}.
This is {n} speaking.
Call me {f}.
Hello {f}, how are you doing today?
Hi {f},⏎⏎could you send me the report?⏎⏎Thanks,⏎{f}
Dear {f},⏎⏎Thank you for your message of last week.⏎⏎Best regards,⏎{n}
Dear {t} {l},⏎⏎we are pleased to invite you.⏎⏎Sincerely,⏎{n}⏎{|Head of Sales|CEO|Project Manager|Customer Service}
Dear {t} {n}, your booking is confirmed.
Best,⏎{f}
Kind regards⏎{n}⏎{|Senior Engineer|Managing Director|Account Manager}⏎{|Acme Corp|Globex GmbH|Initech Ltd}
Cheers,⏎{f} {l}
-- ⏎{n}⏎Phone: +1 555 {d}
Write an email to {n} about the meeting on {|Monday|Friday|Tuesday}.
Write a birthday poem for my {|friend|wife|husband|sister|brother|colleague|boss} {f}.
My {|friend|wife|husband|sister|brother|colleague|boss|neighbour|teacher} {f} {|likes|hates|bought|lost} {|sailing|cats|a car|his keys}.
Please forward this to {n} in {|accounting|HR|legal}.
{n} said that the project is late.
{n} was born in {d} in {T}.
{f} and {f} went to the cinema.
{f}, {f} and {f} are coming to dinner.
{f} has {d} apples and gives {d} to {f}. How many are left?
Who is {n}?
What did {n} say about {f}?
Tell {f} that {f} called.
The doctor, {t} {l}, examined {n}.
{t} {n} wrote to the council.
{t} {l} will be late.
I spoke with {t} {l} on {|Monday|Thursday} and with {n} on {|Friday|Sunday}.
{l} scored twice before {l} was sent off.
Coach {l} praised {n} after the match.
According to {n}, the results are promising.
"We are happy," says {l}.
"It is late," said {f}.
{n} ({|1974|born 1981|CEO}) founded the company.
Patient: {n}⏎DOB: 12/03/1961
Name: {n}⏎Age: {d}
Full name: {n}
Customer name: {n}, order {d}
Employee: {n}, ID {d}
{"name": "{n}", "age": {d}}
{"first_name": "{f}", "last_name": "{l}", "city": "{T}"}
{"customer": "{n}", "total": {d}.50}
{'author': '{n}', 'year': {d}}
name: {n}
<name>{n}</name>
author = "{n}"
user.name = "{n}"
First name,Last name,City⏎{f},{l},{T}⏎{f},{l},{T}
| Name | Department |⏎| --- | --- |⏎| {n} | Sales |⏎| {n} | Legal |
{n}	{d}	{T}⏎{n}	{d}	{T}
1. {n}⏎2. {n}⏎3. {n}
- {n}: {d} points⏎- {n}: {d} points
From: {n} <info@example.com>⏎To: {n}⏎Subject: {|Invoice|Meeting|Hello}
From: {n}⏎Sent: Monday, March 4⏎To: {n}
Cc: {n}; {n}
Attendees: {n}, {n}, {n}
Signed: {n}
Signature: {n}⏎Date: {d}
Contact: {n}, tel. 555-{d}
Contact {n} for more information.
Ask {f} whether {f} has signed.
Is {f} coming to the party?
Have you met {n}?
I think {f} is right.
I met {n} yesterday at the {|station|office|conference}.
Meet {n}, our new {|colleague|director|nurse}.
{n} is the new {|director|teacher|manager} of the {|school|bank|team}.
{f}'s car is red, but {f}'s is blue.
{n}'s account was closed.
The account belongs to {n}.
Bot: What's the name on the account? User: {n}
User: {f}⏎Assistant: Hello {f}!
Mr. and Mrs. {l} live next door.
The {|defendant|plaintiff|witness}, {n}, denied everything.
In the case of {l} v. {l}, the court ruled otherwise.
We interviewed {n} and {n} last week.
Thanks to {n} for the help.
Please congratulate {f} and {n}.
Summarise the letter from {n} about the budget.
Translate this message to {n}: see you soon.
{n} lives in {T} and works for {|Google|Siemens|a bank}.
{n}, who lives in {T}, won the prize.
His {|son|brother|uncle} {f} and his {|daughter|sister|aunt} {f} inherited the farm.
The team: {f}, {f}, {f} and {f}.
Written by {n}
Photo by {n}
by {n}
Photo: {n}
Posted by {n} on {|March|May|June} {d}
@{f} can you look at this? {f} is away.
Ich heiße {n} und wohne in {T}.
Mein Name ist {n}.
Sehr geehrter Herr {l},⏎⏎vielen Dank für Ihre Nachricht.⏎⏎Mit freundlichen Grüßen⏎{n}
Sehr geehrte Frau {l},⏎anbei die Rechnung.⏎Gruß⏎{f}
Liebe {f}, lieber {f}, wir freuen uns.
Herr {l} hat angerufen, Frau {l} nicht.
{n} sagte, dass es morgen regnet.
Der Patient {n} wurde am Montag entlassen.
Meine Freundin {f} hat Geburtstag.
Schreibe eine E-Mail an {n}.
Je m'appelle {n}.
Bonjour {f}, comment allez-vous ?
Cher {f},⏎merci pour ton message.⏎Cordialement,⏎{n}
Mon ami {f} habite à {T}.
{t} {l} a appelé hier.
{n} est le nouveau directeur.
Me llamo {n}.
Hola {f}, ¿cómo estás?
Estimado señor {l}:⏎le escribo por la factura.⏎Atentamente,⏎{n}
El paciente {n} llegó tarde.
Mi hermana {f} vive en {T}.
Mi chiamo {n}.
Ciao {f}, come stai?
Gentile signora {l},⏎grazie.⏎Cordiali saluti,⏎{n}
{n} ha detto di sì.
Ik heet {n} en ik woon in {T}.
Beste {f},⏎bedankt.⏎Met vriendelijke groet,⏎{n}
Mijn collega {n} is ziek.
Meu nome é {n}.
Olá {f}, tudo bem?
Prezado senhor {l},⏎obrigado.⏎Atenciosamente,⏎{n}
O paciente {n} chegou.
Mera naam {n} hai.
Jag heter {n}.
Nazywam się {n}.
RE: {n} - termination of contract
Invoice for {n}
Passenger: {n} / Seat 14A
Guest list: {n}, {n}, {n} and {n}
Dr. {n} will see you now.
Dr. {l}, {t} {l} and {n} signed the paper.
President {l} and Chancellor {l} met in {T}.
King {f} ruled for {d} years.
{l} et al. showed this in {d}.
See {l} and {l} ({d}) for details.
{f} [laughs]: no way.
{f}: Hello there.⏎{f}: Hi!
Once upon a time there was a girl called {f}.
A boy named {f} found a map.
{f} was tired. She went home, where {f} waited.
When {f} arrived, {l} had left.
But {f} did not answer.
Then {n} stood up.
Yesterday {f} told {f} the truth.
Nobody but {f} knew.
{n}{| - | – |, }{|born|died} {d}
Can you draft a reference letter for {n}, who worked with us for {d} days?
Schedule a call with {n} and {f} at 5 pm.
Remind me to call {f} tomorrow.
Please book a flight for {n} to {T}.
Does {n} owe us money?
I want to know everything about {n}.
Give {f} a list of {d} ideas.
{f} {V} {W} {W} {W}.
{f} {V} the {W} in {T}.
{f} {V} {d} {W} and {W} {W}.
{f} {V} a {W}. {f} {V} {d} more. How many {W} does {f} have?
{n} {V} {W} {W} the {W}.
{n} {V} {W} by {f}.
{W} {W} {f} {V} {W} {W}.
{C} {W} {n} {W} {W}.
{C} {W} {f} {W} {W}.
{C} {W} {W} {W} {n}, {W} {W} {W} {f}.
{C}, {f} {V} {W}.
{t} {l} {V} {W} {W}.
{t} {n} {V} {W} {W}.
{t} {f} {V} {W}.
{t} {l} {W} {W} to {P} on {M} {W}.
{W} {W} {t} {l} {W} {W} {t} {l}?
{f}, {V} you {W} {W}?
{f}, {W} {W} {W}.
Hi {f}, {W} {W} {W}.
Hi {f}, I'm {W} {W}.
Hello {f}, I've {W}.
{f} {V} {W} {B}.
{f} of {C} {C} {V} {W}.
{n} of {B} {V} {W}.
{n}⏎{C} {W}⏎{C} {C}⏎555-{d}
{W}: {n}⏎{W}: {d}
{C}: {n}⏎{C}: {d}⏎{C}: {W}
Name: {n}⏎Phone: 555 {d}
Name: {n}⏎Email: x@example.com⏎City: {T}
> {n} {W}⏎> {W} {W} {W}
{f} and {f} {V} {W}.
{f} or {f} {V} {W}?
{W} {W} {f} and {f}.
{W} {W} {n} and {n} {W} {W}.
{f}'s {W} {V} {W}.
{W} {f}'s {W} {W}.
{W} {l}'s {W} {W}.
{n} ({W} {W}) {V} {W}.
{W} {W} by {n} ({d}) {W}.
{W} {W}, {n} {V} {W}, {W} {l} {V} {W}.
What {W} {f} {W} about {W}?
What would {f} {W}?
Does {f} {W} {W}?
Can {f} and {f} {W} {W}?
If {f} {V} {W}, {W} {f} {W}.
{W} {W} {l} {V} {W} {W}, {l} {V}.
{f} {V} {W}, {W} {f} {V} {W}.
"{C} {W}," {f} {V}.
{n}: {C} {W} {W}
[{n}] {W} {W}
({n}) {C} {W}
- {n}⏎- {n}⏎- {C} {C}
{n} - {C} {W}
{n} | {C} | {d}
{n};{T};{d}
{W} {W} {n} {W} {W} {W}.
{W} {W} {W} {n}.
{W} {W} {W} {n}, {W} {W}.
{W} {n} and {n} {W} {W}.
In {d} {n} {W} {W} {W} {n} {W}.
{C} {W} {W} {W} {n} {W} {W}?
{W} {W} {f}, {f} and {f} {W} {W}?
{W} {W} {W} {f}.
{W} {W} {f}, {W} {W}.
{W} {W} {f}?
{W} {f} {W} {W}. {C} {W} {f} {W}.
{C} {W} {W}, {f} {W} {f}?
{W} {W} {f}'s.
{f}'s {W} {W} {W} {W} {f}'s.
"{C}," {W} {f}, "{W} {W}."
{W} {W},⏎{W} {W} {W}.⏎⏎{f}
{W} {W}.⏎⏎{n}
{W},{W}⏎{n},{W}⏎{n},{W}
{W}: {W}⏎{W}: {f} {l}⏎{W}: {W}
{"{W}Name": "{f}", "{W}": "{W}"}
{"firstName": "{f}", "lastName": "{l}", "{W}": true}
{"{W}": "{n}", "{W}": [{d}, {d}]}
[{d}-03-01] {W} {n} {W} {W}
{W} {n} {W} to {a}
{W} {W} {l}, {W} {W} {l}.
{W} {W} {W} a certain {l}.
{ç} {ç} {n} {ç} {ç}
{ç} {f} {ç} {ç}.
{Ç} {ç} {n}, {ç} {ç}.
{n} {V} {W} {W} {Y}, {P}.
{t} {l} {V} {W} {Y}.
{W} {l} and {l} {W}.
{f}, {W} {W} {W} {W} {W}?
From: {n} <{W}.{W}@example.org>
To: {n} <{W}@example.com>⏎Subject: {C} {W}""".splitlines()

NAMES_LOWER = """my name is {n} and i live in paris
my name is {n}
hi i am {n}, can you help
hello, this is {n} from sales
i'm {f} and i am lost
her name is {n}, she works as a nurse
his name is {f}
the name on the account is {n}
name: {n}
dear {f}, thanks for everything
hi {f}, how are you
regards,⏎{n}
thanks,⏎{f}
mr {l} called yesterday
mrs. {l} wants a refund
dr. {l} said no
ich heiße {n}
mein name ist {n}
je m'appelle {n}
me llamo {n}
mi chiamo {n}
meu nome é {n}
call me {f} please
a girl named {f}
the customer {n} is angry
contact {n} please
patient {n} has a cold
user: {f} {l}
she is called {f}""".splitlines()

ADDRESSES = """I live at {a}.
i live at {a}
My address is {a}.
Address: {a}
Shipping address: {a}⏎Phone: 555-{d}
Please ship it to {a} before Friday.
Please send the parcel to {a}.
Deliver to {a}, please.
We moved from {a} to {a} in {|June|May|March}.
Our office is located at {a}.
The shop at {a} is closed on Sunday.
Meet me at {a} at 5 pm.
The accident happened near {a}.
How do I get to {a}?
What is the fastest way from {a} to {a}?
{a}
{a}⏎⏎Dear Sir or Madam,
{"address": "{a}", "id": {d}}
{"street": "{a}"}
address = "{a}"
| {d} | {a} |
Billing address: {a}. Card ending in {d}.
The house at {a} was sold for ${d}00.
She grew up at {a}.
Pick me up from {a} tomorrow.
Come to {a} at noon and bring {d} chairs.
There was a fire at {a} last night.
Change my address to {a}, please.
Bot: Where would you like this to be sent to? User: {a}
The package was left at {a} on Monday.
Rental agreement for the flat at {a}, {d} square metres
Ich wohne in der {a}.
Meine Adresse: {a}
Anschrift: {a}
Bitte an {a} schicken.
Wir treffen uns um 8 Uhr, {a}.
J'habite au {a}.
Mon adresse est {a}.
Rendez-vous au {a} demain.
Vivo en {a}.
Mi dirección es {a}.
Abito in {a}.
Il mio indirizzo è {a}.
Ik woon op {a}.
Adres: {a}
Moro na {a}.
Meu endereço é {a}.
Endereço: {a}
Mieszkam przy {a}.
Location: {a}⏎Price: {d}
Visit us: {a}. Open from 9 to 5.
Venue: {a}⏎Date: {|March|May} {d}
Return to sender: {a}""".splitlines()

BOTH = """{n}⏎{a}
{n}, {a}
{t} {n}⏎{a}⏎⏎Dear {t} {l},⏎thank you.
My name is {n} and I live at {a}.
{n} lives at {a}.
{f} lives at {a} with {f}.
Send it to {n}, {a}.
Ship to: {n}⏎{a}⏎Phone: 555-{d}
The tenant, {n}, moved out of {a}.
Name: {n}⏎Address: {a}⏎Order: {d}
Patient: {n}⏎Address: {a}
{"name": "{n}", "address": "{a}"}
| {n} | {a} | {d} |
Best regards,⏎{n}⏎{a}
Ich heiße {n} und wohne in der {a}.
{n} wohnt {a}.
Je m'appelle {n} et j'habite au {a}.
Me llamo {n} y vivo en {a}.
Mi chiamo {n}, abito in {a}.
Ik ben {n}, {a}.
Meu nome é {n} e moro na {a}.
Invoice to: {n}⏎{a}
{f} and {f} sold the house at {a}.
The witness {n} of {a} said nothing.
Please deliver the flowers to {t} {l} at {a}.
Did {n} move to {a}?""".splitlines()
