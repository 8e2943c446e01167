"""Word lists for names.py: parts of addresses, verbs, and nouns of other languages. Written for this project."""
STREET_STEMS = """Oak Maple Elm Pine Cedar Park Lake Hill River Sunset Washington Lincoln Jackson Main High Church Station Mill
Victoria Queens Kings Albert Garden Linden Berg Bahnhof Schul Haupt Kirch Garten Wald Rosen Goethe Schiller Mozart
Republique Liberte Martyrs Gare Moulin Fleurs Victor Pasteur Foch Jaures Mayor Alcala Sol Gracia Goya Colon Garibaldi
Roma Mazzini Dante Verdi Cavour Prinsen Keizers Heren Kerk Dorps Molen Gandhi Nehru Lotus Ganga Shanti Augusta Flores
Palmeiras Bandeira Independencia Broadway Harbour Meadow Willow Birch Chestnut Spring Valley Ridge Forest Orchard Bridge
Market Castle Abbey Manor Rosewood Hawthorn Juniper Magnolia Evergreen Prospect Liberty Union Center Front Water Canal
Commerce Industrial Airport University College Memorial Highland Fairview Pleasant Greenwood Lakeside Riverside""".split()
TOWNS = """London Paris Berlin Madrid Rome Amsterdam Lisbon Tokyo Delhi Mumbai Bengaluru Chennai Pune Sydney Toronto Boston
Chicago Seattle Austin Houston Denver Miami Springfield Franklin Salem Hamburg München Köln Frankfurt Stuttgart Leipzig
Wien Zürich Bern Lyon Marseille Toulouse Bordeaux Lille Nantes Barcelona Valencia Sevilla Bilbao Milano Napoli Torino
Firenze Bologna Rotterdam Utrecht Eindhoven Groningen Porto Salvador Curitiba Recife Fortaleza Osaka Kyoto Nagoya Dublin
Manchester Leeds Bristol Oxford Cambridge Glasgow Edinburgh Warszawa Kraków Praha Budapest Stockholm Oslo Helsinki
Aarhus Gent Antwerpen Geneva Basel Linz Graz Malmö Bergen Turku Brno Gdańsk Poznań Boise Tulsa Omaha Reno Fresno Tampa
Albany Dayton Akron Provo Salt-Lake Wakefield Exeter York Bath Derby Norwich Swansea""".split()
STATES = """AL AK AZ CA CO CT FL GA ID IL IN KS KY LA MA MD ME MI MN MO MT NC NE NH NJ NM NV NY OH OK OR PA RI SC TN TX
UT VA VT WA WI Texas California Ohio Oregon Florida""".split()


VERBS = """is was has had makes wants likes buys earns gives went said took lives thinks works plays reads drove visits sells
needs can will would does did knows found made left came gets saw told asked bought sold ate runs walked called wrote
says thought felt looked started needed planted has had shared owns paid sent keeps took spends flew grew from who and
with at and, should must never always also just already still not""".split()
FOREIGN = {
    "de": ("""Haus Teil Kirche Krieg Waldes Sprache Jahr Zeit Welt Leben Frage Antwort Regierung Stadt Land Wasser Praxis
Aufgabe Freiheit Gesetz Recht Kraft Energie Bild Buch Schule Arbeit Geschichte Wirtschaft Entwicklung Gesellschaft
Universitaet Wissenschaft Forschung Technik Methode Beispiel Ergebnis Problem Loesung Grund Wirkung Ursache Menge
Gefangenschaft Dynastie Region Gebiet Bauprojekte Apotheker Siedler Franzosen Deutschen Bevoelkerung Tiere Pflanzen
Text Satz Wort Zusammenfassung Tabelle Liste Daten Programm Rechner Netz Funktion Fehler Anfrage Nachricht Rechnung
Vertrag Kunde Preis Wetter Fahrkarte Zug Flughafen Reise Urlaub Essen Rezept Mehl Zucker Karriere Abschnitt Skyline
Umriss Grafiker Landeshauptstadt""".split(), "und oder der des die das den von zu im am aus mit bei".split()),
    "fr": ("""maison guerre eglise langue annee temps monde vie question reponse gouvernement ville pays eau liberte loi
droit force energie image livre ecole travail histoire economie societe universite science recherche technique conseil
europe exemple resultat probleme solution foret bataille dynastie region population texte phrase mot tableau liste
donnees client prix voyage recette farine sucre chef republique ministre""".split(),
           "de la du des et ou le les en au".split()),
    "es": ("""casa guerra iglesia lengua ano tiempo mundo vida pregunta respuesta gobierno ciudad pais agua libertad ley
derecho fuerza energia imagen libro escuela trabajo historia economia sociedad universidad ciencia selva batalla dinastia
region poblacion texto frase palabra tabla lista datos cliente precio viaje receta harina azucar reino unido tecnico
farmaceutico millones arboles especies nombre pista guiada""".split(), "de la del y o el los en las".split()),
    "it": ("""casa guerra chiesa lingua anno tempo mondo vita domanda risposta governo citta paese acqua liberta legge diritto
forza energia immagine libro scuola lavoro storia economia societa universita scienza foresta battaglia testo frase
parola tabella lista dati cliente prezzo viaggio ricetta farina zucchero repubblica""".split(),
           "di del della e o il la nel".split()),
    "pt": ("""casa guerra igreja lingua ano tempo mundo vida pergunta resposta governo cidade pais agua liberdade lei direito
forca energia imagem livro escola trabalho historia economia sociedade universidade ciencia floresta batalha texto frase
palavra tabela lista dados cliente preco viagem receita farinha acucar reino""".split(),
           "de da do e ou o a no dos".split()),
    "nl": ("""huis oorlog kerk taal jaar tijd wereld leven vraag antwoord regering stad land water vrijheid wet recht kracht
energie beeld boek school werk geschiedenis economie wetenschap bos slag tekst zin woord tabel lijst gegevens klant prijs
reis recept meel suiker koninkrijk""".split(), "van de het en of in op".split()),
    "tr": ("""ev savas dil yil zaman dunya hayat soru cevap hukumet sehir ulke su ozgurluk yasa hak guc enerji kitap okul
tarih ekonomi bilim yontem makine malzeme insan varlik genisletme mekanizmalari degerlendirme kaliplari""".split(),
           "ve veya ile icin".split()),
    "vi": ("""nha nuoc thanh pho chien tranh lich su kinh te khoa hoc ngon ngu cau hoi tra loi chinh phu trieu dai
van ban danh sach du lieu khach hang""".split(), "cua va trong tai".split()),
}
BRANDS = {w.lower(): w for w in """BMW iOS macOS JavaScript TypeScript NumPy MySQL PostgreSQL MongoDB SQLite AWS GCP
PyTorch TensorFlow GitHub GitLab LinkedIn PayPal YouTube ChatGPT GPT OpenAI BERT AMD IBM NASA FBI CIA API SQL HTML CSS
JSON XML HTTP PDF CSV CPU GPU RAM USB DNA AI ML NLP LLM WordPress PlayStation LEGO IKEA""".split()}
