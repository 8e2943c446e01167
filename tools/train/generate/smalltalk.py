"""The shortest turns of a chat: greetings, thanks, plain questions and orders of a few words. A model
of n-grams has little to go by in them, so it has to have seen that most are harmless."""

LEXICON = {
    "thing": ["fruits", "vegetables", "animals", "countries", "colors", "planets", "books", "movies", "songs", "sports", "cities", "rivers", "languages", "trees", "birds", "fish", "inventions", "painters", "composers", "programming languages", "car brands", "desserts", "spices", "board games", "holidays", "mammals", "insects", "flowers", "chemical elements", "synonyms for happy", "words that rhyme with blue", "ideas for dinner", "hobbies", "jobs", "tools", "shapes", "prime numbers", "famous scientists", "tourist sights in Rome", "things to do in London", "tips for a job interview", "reasons to exercise", "uses for vinegar", "gift ideas", "baby names", "pasta dishes", "stretching exercises", "US presidents", "African capitals", "Greek gods"],
    "number": ["two", "three", "four", "five", "six", "ten", "3", "5", "7", "10", "20", "some", "a few", "a couple of"],
    "place": ["France", "Japan", "Brazil", "Kenya", "Canada", "Norway", "Egypt", "India", "Peru", "Australia", "Germany", "Turkey", "Vietnam", "Mexico", "Poland", "Greece", "Chile", "Iceland", "Texas", "Ohio", "Paris", "Berlin", "Tokyo", "Madrid", "Lagos"],
    "of": ["the capital of", "the population of", "the currency of", "the weather like in", "the largest city in", "the time in", "the national dish of", "the flag of", "the official language of", "the highest mountain in", "the history of", "the area of", "the best season to visit"],
    "most": ["has the most people", "is the largest", "is the smallest", "is the richest", "has the most lakes", "has the longest coast", "won the last World Cup", "has the oldest university", "is the coldest", "has the best food", "produces the most coffee", "is the safest"],
    "what": ["country", "city", "state", "animal", "planet", "ocean", "language", "continent", "river", "company", "bird", "metal", "team", "sport"],
    "concept": ["photosynthesis", "inflation", "gravity", "recursion", "blockchain", "a black hole", "a verb", "DNA", "democracy", "an atom", "GDP", "a haiku", "machine learning", "an API", "entropy", "osmosis", "a mortgage", "jazz", "irony", "Bayes' theorem", "a leap year", "the water cycle", "compound interest", "an index fund", "a vaccine", "REST", "a monad", "dark matter", "stoicism", "supply and demand"],
    "make": ["a joke", "a story", "a poem", "a riddle", "a fun fact", "a tongue twister", "a bedtime story", "a limerick", "a quiz question", "a haiku", "a recipe", "a motivational quote", "something interesting", "a short story about a cat", "a proverb", "a pun", "a song title", "a slogan for a bakery"],
    "do": ["boil an egg", "tie a tie", "lose weight", "learn Spanish", "fall asleep faster", "bake bread", "fix a flat tire", "save money", "write a CV", "grow tomatoes", "clean a keyboard", "cook rice", "draw a cat", "remove a stain", "meditate", "train a puppy", "sort a list in Python", "center a div", "undo a commit", "open a csv file", "reverse a string", "take a screenshot", "delete my account", "turn off notifications", "unsubscribe", "cancel my order", "change my address", "return an item", "pay by card", "contact support", "reset my router", "export a pdf", "merge two cells", "speak with confidence"],
    "about": ["the weather", "cats", "space", "music", "history", "my day", "football", "cooking", "your day", "the ocean", "robots", "chess", "Shakespeare", "dinosaurs", "coffee", "AI", "Linux", "taxes", "sleep", "love"],
    "ai": ["an AI", "a robot", "human", "a real person", "a bot", "ChatGPT", "a language model", "alive", "conscious", "there", "ok", "busy", "online", "free to talk", "able to see images", "better than Google", "open source"],
    "can": ["speak French", "help me", "draw", "write code", "do math", "hear me", "translate", "read PDFs", "browse the web", "remember me", "sing", "play chess", "be my tutor", "summarise articles", "understand German", "tell the time", "explain it again", "make it shorter", "repeat that", "help me with my homework", "give me an example", "continue", "fix this", "book a table"],
    "sum": ["2+2", "17 * 3", "the square root of 144", "15% of 80", "100 / 7", "5 factorial", "12 squared", "10 miles in km", "the sum of 4 and 9", "1+1", "3/4 as a decimal", "90 F in Celsius"],
    "word": ["hello", "thanks", "cat", "ubiquitous", "onomatopoeia", "good morning", "water", "freedom", "I love you", "cheers", "library", "where is the station?", "serendipity"],
    "tongue": ["French", "Spanish", "German", "Italian", "Japanese", "Portuguese", "Arabic", "Hindi", "Latin", "Korean", "Dutch", "Turkish", "Swedish", "Chinese"],
    "who": ["Albert Einstein", "Marie Curie", "Mozart", "the president of Brazil", "Cleopatra", "Alan Turing", "Shakespeare", "Frida Kahlo", "Nelson Mandela", "the CEO of Toyota", "the Beatles", "Ada Lovelace", "Usain Bolt", "Gandhi"],
    "hi": ["hi", "Hi", "hello", "Hello", "hey", "Hey", "yo", "good morning", "Good evening", "good night", "howdy", "greetings", "Hi there", "hello there", "Hey!", "sup", "hiya", "Hallo", "Guten Morgen", "Bonjour", "Salut", "Hola", "Buenos días", "Ciao", "Buongiorno", "Olá", "Bom dia", "Hej", "Cześć", "Ahoj", "Привет", "Здравствуйте", "こんにちは", "你好", "안녕하세요", "مرحبا", "नमस्ते", "สวัสดี", "xin chào", "Merhaba", "γεια σου", "שלום", "Halo", "Salam", "Привіт", "Bună", "Szia", "Moi"],
    "reply": ["thanks", "Thank you!", "thx", "ok", "okay", "OK, got it.", "yes", "no", "yes please", "no thanks", "sure", "great", "perfect", "cool", "nice", "lol", "haha", "wow", "why?", "how?", "what?", "really?", "more", "go on", "continue", "next", "stop", "again please", "try again", "shorter please", "in English please", "good job", "well done", "I see", "never mind", "sorry", "bye", "goodbye", "see you", "test", "testing 123", "ping", "?", "hmm", "right", "exactly", "that's wrong", "not what I meant", "I don't understand", "can you explain?", "please continue", "summarise that", "make it longer", "sounds good", "do it", "go ahead", "merci", "danke", "gracias", "obrigado", "grazie", "спасибо", "谢谢", "ありがとう", "teşekkürler", "dziękuję", "ja", "nein", "oui", "non", "sí", "да", "нет", "是", "はい"],
    "end": ["", "", "", "", "?", ".", "!", " please", " please.", " pls", " for me", " today", " now"],
}

TURNS = [
    "[hi]", "[hi]{!|.|,||} {how are you|how's it going|what's up|nice to meet you|are you there|I have a question|can you help me|I need some help}{?|.||!}",
    "[reply]", "[reply]", "[reply] {and|but|so} [reply]",
    "{Name|List|Give me|Tell me|Write down|Suggest|Pick|Recommend|I need} [number] [thing]{.|||!}",
    "{name|list|give|suggest} [number] [thing][end]", "[number] [thing]{?||, please}",
    "{What is|What's|what is|whats|Tell me|Do you know} [of] [place]{?||?}",
    "{Which|What} [what] [most]{?||}", "{Who|who} {is|was} [who]{?||}", "{When was|Where was|How old is|What did} [who] {born|famous for|do|now}{?||}",
    "{What is|What's|Explain|Define|Describe|explain|what is|Tell me about|How does one use|Why do we need} [concept]{?||.}",
    "{Tell me|Write|Make up|Give me|tell me|I want|I'd like} [make]{.|| please|!}",
    "{How do I|How to|how do i|how can I|How do you|Show me how to|What's the easiest way to|Can I|I want to|I need to|Where can I} [do]{?||}",
    "{Let's|Can we|I want to|Please|Let us} {talk|chat|speak} about [about]{.||?}", "{Tell me|What do you know|Say something} about [about]{.||?}",
    "{Are you|are you|Are u|R u} [ai]{?||?}", "{Who|What} {are you|made you|trained you|created you|can you do|do you think|is your favourite color|do you like}{?||}",
    "{Can|Could|can|Will} you [can]{?|| please?}", "{Do you|do you} {like|know|understand|have|want|dream of|remember} {[about]|feelings|a name|me|hobbies|[concept]}{?||}",
    "{What is|What's|Calculate|Compute|How much is|solve|} [sum]{?||}",
    "{How do you say|Translate|What is|Say} '[word]' {in|into|to} [tongue]{?||.}", "{Spell|Define|Use in a sentence|What does it mean}: [word]",
    "{Is|Are|Was|Will} {it|there|this|that} {raining|true|safe|free|open on Sundays|a holiday|hard|normal|too late|worth it|enough}{?||}",
    "{What|Which} {time|day|year|month|date} is {it|today}{?||}", "{I am|I'm|I feel} {bored|tired|hungry|sad|happy|lost|new here|a student|looking for a job|stuck|confused|late}{.||!}",
    "{Good|Bad|Best|Cheap|Easy} [thing]{?||}", "[concept]", "[place]", "[about] {facts|jokes|quotes|tips|for kids|in one sentence}",
    "{Why is|Why are|Why do} {the sky blue|cats so cute|leaves green|we dream|people lie|birds migrate|onions spicy|flights delayed|prices rising|taxes so high}{?||}",
    "{How many|How much|How long|How far|How old|How big} {is|are|does} {the moon|a marathon|a kilo|the Earth|it take|one dollar in euros|the universe|the Nile}{?||}",
    "{Where is|How do I get to|What can I see in|Is it warm in} [place]{?||}",
    "{Wie geht es dir?|Was ist die Hauptstadt von Peru?|Erzähl mir einen Witz.|Nenne drei Tiere.|Comment ça va ?|Quelle heure est-il ?|Raconte-moi une blague.|Donne-moi trois idées.|¿Cómo estás?|Cuéntame un chiste.|Dime tres frutas.|Come stai?|Raccontami una barzelletta.|Como vai você?|Conte uma piada.|Как дела?|Расскажи шутку.|今天天气怎么样?|讲个笑话|元気ですか?|冗談を言って|오늘 날씨 어때?|كيف حالك؟|आप कैसे हैं?|Nasılsın?|Bir fıkra anlat.|Jak się masz?|Opowiedz dowcip.|Hoe gaat het?|Hur mår du?|Τι κάνεις;|สบายดีไหม|Bạn khỏe không?|Apa kabar?}",
    "{Say|say} {hello|goodbye|something|something nice|a few words|thank you|sorry|happy birthday|good night|cheese} to {the reader|my team|my cat|everyone|the class|grandma|our guests|the world|my followers|a new colleague}{.|!||}",
    "{Say|say|Write|Type} {[word]|[hi]|a few words|one sentence|something} {three times|in capitals|backwards|with a smile|in [tongue]|about [about]|for [who]}{.||!}",
    "{Print|Write|Show|Draw|Make} {hello world|a list|a table|a calendar|the alphabet|the numbers from 1 to 10|a smiley|a heart|a tree|a menu|a title|a short sentence} {|in Python|in C|in one line|about [about]|for kids}{.||}",
]

# People lean on keys, sing, fill a form, test a limit.
REPEATED = """very good la na ha blah word words test testing hello hi yes no please go wait stop really so much too long apple dog cat
one two again thanks bye love oh yeah hey more never always now why what the and of a b x foo bar spam text sample data item row null
wow cool ok okay danke bitte merci ja nein oui non si hola ciao buenas lorem ipsum this that water fire red blue buy sell run""".split()


def repeats(r, wanted: int) -> list[str]:
    """One or two words over and over."""
    out = []
    for _ in range(wanted):
        words = r.sample(REPEATED, r.choice([1, 1, 1, 2]))
        gap = r.choice([" ", " ", " ", ", ", "\n", "! ", "  ", "-"])
        many = r.choice([r.randint(4, 12), r.randint(12, 60), r.randint(60, 500)])
        text = gap.join(r.choice(words) for _ in range(many))
        out.append(r.choice([text, text.capitalize(), text.upper(), text + r.choice([".", "!", " good", "?"])]))
    return out
