"""Ways in which people misspell the words of ingredient lines.

What belongs here: one wrong form a word that is itself no word of cooking, and the one word that it can only stand for. The list is
exact: what it does not hold stays unknown, for a guess by similarity could turn a mussel into a muscat.
"""

from __future__ import annotations

_MEANT = {
    "almond": "almon allmond", "anchovy": "achovy anchovie anchovey", "apricot": "apricott", "artichoke": "artichoak",
    "arugula": "arrugula aragula", "asparagus": "asparagas aspargus asparugus", "aubergine": "aubegine aubergene",
    "avocado": "avacado avocadoe avacodo", "banana": "bannana bananna", "barbecue": "barbeque", "basmati": "basmatti", "bechamel": "bechemel",
    "bolognese": "bolognaise", "bouillon": "bullion buillon boullion bouillion bulion", "broccoli": "brocoli broccli brocolli broccolli",
    "burgundy": "bergundy", "cabbage": "cabage", "caesar": "ceasar", "canned": "caned", "cannellini": "cannelini cannelinni canellini canelini",
    "caramel": "carmel", "caraway": "carraway", "cardamom": "cardamon cardamum cardomom cardammon", "cashew": "cashwe cashewe",
    "cauliflower": "califlower cauliflour cauliflowr", "cayenne": "cayanne cayene", "celery": "cellery celary", "champagne": "champaigne",
    "chanterelle": "chantrelle", "cheddar": "chedder cheder", "chicken": "ckicken chiken", "chickpea": "chikpea", "chipotle": "chipolte chipoltle",
    "chocolate": "choclate chocolat chocalate", "chorizo": "chirozo choriso chorrizo", "cilantro": "cillantro cilanto",
    "cinnamon": "cinamon cinammon cinnamom cinnammon", "clementine": "clemantine", "coarsely": "coursely", "coconut": "coconot cocconut",
    "coriander": "corriander corainder coriandor", "couscous": "couscouse coucous", "couverture": "coverture", "crumb": "crub crum",
    "cucumber": "cuccumber cucmber", "cumin": "cummin", "emmental": "emental", "espresso": "expresso", "fennel": "fennell", "feta": "fetta",
    "fettuccine": "fettucine fettucini fettuccini fetuccine fetuccini fettuchini", "fillet": "filet", "fresh": "freshy", "garlic": "garlick",
    "garnish": "ganish", "gherkin": "gerkin ghirkin", "ginger": "giner", "gorgonzola": "gorganzola", "gram": "gramm", "ground": "grinded grounded",
    "gruyere": "gruyer guereye guyere", "guacamole": "guacomole", "guajillo": "guagillo guajilo", "habanero": "habenero",
    "halloumi": "haloumi halumi", "hazelnut": "hazlenut", "ingredient": "ingrediant", "jalapeno": "jalepeno halapeno jalapino jalopeno",
    "kosher": "koser", "lentil": "lentel", "lettuce": "lettice letuce", "liqueur": "liquer liqeur", "macadamia": "macademia",
    "margarine": "margerine", "mascarpone": "marscapone mascapone", "mayonnaise": "mayonnese mayonaise mayonase mayonaisse", "medium": "med meduim",
    "molasses": "molases mollases", "monterey": "montery monterrey", "mozzarella": "mozarella mozzerella mozzarela mozarela",
    "mushroom": "shroom mushrom", "mussel": "mussle", "mustard": "mustrad", "nutritional": "nutrional", "onion": "oinion onoin",
    "optional": "optionnal", "oregano": "oregeno oragano", "pancetta": "pancheta", "paprika": "paprica papprika",
    "parmesan": "parmesean parmasan parmesian", "parsley": "parsely parsly", "peanut": "penut peenut", "pepperoni": "pepporoni peperoni",
    "pineapple": "pinapple", "pistachio": "pistacio", "pomegranate": "pomegranete pomegranite pomagranate", "portobello": "portabello portabella",
    "potato": "pototo poato potatoe", "preferably": "preferebly preferrably", "prosciutto": "prosciuto proscuitto", "quinoa": "quiona",
    "raisin": "rasin", "raspberry": "rasberry", "recommend": "reccommend recomend", "rhubarb": "rhubard", "rosemary": "rosmary", "salmon": "salmom",
    "sauce": "sause", "sausage": "saussage sausege", "scallop": "scalop", "serrano": "serano", "shallot": "shallott challot shalot",
    "shiitake": "shitake shitaki shiitaki", "shrimp": "shirmp", "spaghetti": "spagetti spagheti", "spinach": "spinich",
    "sriracha": "siracha sriacha sirracha", "sugar": "suger", "sultana": "sultanna", "tabasco": "tobasco", "tahini": "tahni tehina tahina",
    "tarragon": "tarrogan taragon", "tortilla": "tortila", "turmeric": "tumeric termeric tumric", "uncooked": "uncoocked", "unsalted": "unsalt",
    "vanilla": "vannila vanila", "velveeta": "velveta", "vinegar": "vinnegar vineger vinagar", "walnut": "wallnut", "wine": "whine",
    "worcestershire": "worchestershire worcestshire worcestersire", "yogurt": "yougurt yogourt", "zucchini": "zuchini zuccini zucchinni",
}

SPELLINGS = {wrong: meant for meant, wrongs in _MEANT.items() for wrong in wrongs.split()}
"""A wrong form -> the word that is meant."""
