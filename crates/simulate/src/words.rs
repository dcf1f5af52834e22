//! The words of the catalogue.

/// Categories with their nouns and the median price of their items.
pub(crate) const CATEGORIES: [(&str, f64, [&str; 6]); 16] = [
    (
        "KITCHEN",
        3.2,
        ["MIXING BOWL", "MEASURING JUG", "BREAD BIN", "SPICE RACK", "APRON", "OVEN MITT"],
    ),
    ("MUGS AND CUPS", 2.4, ["MUG", "TEACUP", "ESPRESSO CUP", "TUMBLER", "BEAKER", "SAUCER"]),
    (
        "LIGHTING",
        6.5,
        ["LANTERN", "TABLE LAMP", "FAIRY LIGHTS", "CANDLESTICK", "NIGHT LIGHT", "TEALIGHT HOLDER"],
    ),
    (
        "GARDEN",
        4.8,
        ["PLANT POT", "WATERING CAN", "BIRD FEEDER", "TROWEL", "SEED TIN", "WIND CHIME"],
    ),
    (
        "STATIONERY",
        1.3,
        [
            "NOTEBOOK",
            "PENCIL CASE",
            "LETTER RACK",
            "GREETING CARD",
            "WRAPPING PAPER",
            "STICKER SHEET",
        ],
    ),
    (
        "TOYS",
        3.6,
        ["SPINNING TOP", "JIGSAW", "RAG DOLL", "SKIPPING ROPE", "TIN ROBOT", "BUILDING BLOCKS"],
    ),
    ("BAGS", 5.4, ["SHOPPER", "LUNCH BAG", "SATCHEL", "PURSE", "WASH BAG", "RUCKSACK"]),
    (
        "HOME TEXTILES",
        9.0,
        ["CUSHION COVER", "TEA TOWEL", "THROW", "TABLE RUNNER", "DOORMAT", "QUILT"],
    ),
    ("BATH", 3.9, ["SOAP DISH", "BATH MAT", "HAND CREAM", "SPONGE", "TOWEL SET", "BATH SALTS"]),
    (
        "CLOCKS AND FRAMES",
        11.0,
        ["WALL CLOCK", "PHOTO FRAME", "ALARM CLOCK", "MIRROR", "WALL HOOK", "NOTICE BOARD"],
    ),
    ("PARTY", 1.7, ["BUNTING", "PAPER PLATES", "BALLOONS", "CAKE STAND", "NAPKINS", "PARTY HAT"]),
    ("JEWELLERY", 7.5, ["NECKLACE", "BRACELET", "EARRINGS", "BROOCH", "RING BOX", "HAIR CLIP"]),
    (
        "TEA AND SWEETS",
        2.9,
        ["TEA CADDY", "BISCUIT TIN", "CHOCOLATE BAR", "JAM JAR", "FUDGE BOX", "HONEY POT"],
    ),
    (
        "WINTER",
        4.2,
        ["SNOW GLOBE", "ADVENT CALENDAR", "WREATH", "STOCKING", "SLEDGE", "HOT WATER BOTTLE"],
    ),
    (
        "PETS",
        3.4,
        ["DOG LEAD", "CAT BASKET", "FEEDING BOWL", "CHEW TOY", "PET BLANKET", "FISH TANK SHELL"],
    ),
    (
        "OUTDOORS",
        8.2,
        ["PICNIC BASKET", "FLASK", "UMBRELLA", "CAMPING STOOL", "KITE", "FOLDING CHAIR"],
    ),
];

/// Styles, which run through all categories and through tastes.
pub(crate) const STYLES: [&str; 6] =
    ["FLORAL", "NORDIC", "POLKA DOT", "VINTAGE", "GEOMETRIC", "WOODLAND"];

/// Colours, which mean nothing.
pub(crate) const COLOURS: [&str; 10] =
    ["RED", "BLUE", "GREEN", "IVORY", "PINK", "BLACK", "WHITE", "YELLOW", "GREY", "TEAL"];

/// Sizes; some bring a comma or a quote, as descriptions do.
pub(crate) const SIZES: [&str; 8] =
    ["", "", "", "SMALL", "LARGE", "SET OF 4", "PACK OF 6, BOXED", "10\" WIDE"];

/// Countries with their share of customers.
pub(crate) const COUNTRIES: [(&str, f64); 8] = [
    ("United Kingdom", 0.82),
    ("Germany", 0.05),
    ("France", 0.04),
    ("Ireland", 0.03),
    ("Spain", 0.02),
    ("Netherlands", 0.02),
    ("Belgium", 0.01),
    ("Portugal", 0.01),
];
