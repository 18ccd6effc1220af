-- mysql
-- The lists of names are JSON arrays in TEXT: they are only ever read as a whole, and the same in both dialects.
CREATE TABLE IF NOT EXISTS films (
  id INT NOT NULL,
  title VARCHAR(128) NOT NULL,
  episode_id INT NOT NULL,
  director VARCHAR(128) NOT NULL,
  producer VARCHAR(255) NOT NULL,
  release_date CHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  synopsis TEXT NOT NULL,
  characters TEXT NOT NULL,
  planets TEXT NOT NULL,
  species TEXT NOT NULL,
  starships TEXT NOT NULL,
  vehicles TEXT NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- sqlite
CREATE TABLE IF NOT EXISTS films (
  id INTEGER NOT NULL,
  title TEXT NOT NULL,
  episode_id INTEGER NOT NULL,
  director TEXT NOT NULL,
  producer TEXT NOT NULL,
  release_date TEXT NOT NULL,
  synopsis TEXT NOT NULL,
  characters TEXT NOT NULL,
  planets TEXT NOT NULL,
  species TEXT NOT NULL,
  starships TEXT NOT NULL,
  vehicles TEXT NOT NULL,
  PRIMARY KEY (id)
) STRICT;

-- both
-- What appears in a film follows the data of the public Star Wars API (swapi), with its spelling corrected, names that the
-- film does not show removed, and episode VII completed. Release dates are those of the United States.
REPLACE INTO films (
  id, title, episode_id, director, producer, release_date, synopsis,
  characters, planets, species, starships, vehicles
) VALUES (
  1, 'The Phantom Menace', 1, 'George Lucas', 'Rick McCallum', '1999-05-19',
  'A trade blockade of Naboo brings two Jedi to the aid of its young queen, and on a desert world they meet a slave boy in whom the Force is uncommonly strong. While they fight to free the planet, an order thought dead for a thousand years shows its face again.',
  '["C-3PO", "R2-D2", "Obi-Wan Kenobi", "Anakin Skywalker", "Jabba Desilijic Tiure", "Yoda", "Palpatine",
   "Qui-Gon Jinn", "Nute Gunray", "Finis Valorum", "Padmé Amidala", "Jar Jar Binks", "Roos Tarpals", "Rugor Nass",
   "Ric Olié", "Watto", "Sebulba", "Quarsh Panaka", "Shmi Skywalker", "Darth Maul", "Bib Fortuna", "Ratts Tyerell",
   "Dud Bolt", "Gasgano", "Ben Quadinaros", "Mace Windu", "Ki-Adi-Mundi", "Eeth Koth", "Adi Gallia", "Saesee Tiin",
   "Yarael Poof", "Plo Koon", "Mas Amedda"]',
  '["Tatooine", "Naboo", "Coruscant"]',
  '["Human", "Droid", "Hutt", "Yoda''s species", "Neimoidian", "Gungan", "Toydarian", "Dug", "Twi''lek", "Aleena",
   "Vulptereen", "Xexto", "Toong", "Cerean", "Zabrak", "Tholothian", "Iktotchi", "Quermian", "Kel Dor",
   "Chagrian"]',
  '["Republic cruiser", "Droid control ship", "Naboo fighter", "Naboo Royal Starship", "Scimitar"]',
  '["Vulture droid", "Multi-Troop Transport", "Armored Assault Tank", "Single Trooper Aerial Platform",
   "C-9979 landing craft", "Tribubble bongo", "Sith speeder"]'
);

REPLACE INTO films (
  id, title, episode_id, director, producer, release_date, synopsis,
  characters, planets, species, starships, vehicles
) VALUES (
  2, 'Attack of the Clones', 2, 'George Lucas', 'Rick McCallum', '2002-05-16',
  'An attempt on a senator''s life leads Obi-Wan Kenobi to a secret army of clones, while Anakin Skywalker, sent to guard her, falls into a forbidden love. Both trails end on Geonosis, where a war begins.',
  '["C-3PO", "R2-D2", "Owen Lars", "Beru Whitesun Lars", "Obi-Wan Kenobi", "Anakin Skywalker", "Yoda", "Palpatine",
   "Boba Fett", "Nute Gunray", "Padmé Amidala", "Jar Jar Binks", "Watto", "Shmi Skywalker", "Aayla Secura",
   "Mace Windu", "Ki-Adi-Mundi", "Kit Fisto", "Plo Koon", "Mas Amedda", "Gregar Typho", "Cordé", "Cliegg Lars",
   "Poggle the Lesser", "Luminara Unduli", "Barriss Offee", "Dormé", "Dooku", "Bail Prestor Organa", "Jango Fett",
   "Zam Wesell", "Dexter Jettster", "Lama Su", "Taun We", "Jocasta Nu", "R4-P17", "Wat Tambor", "San Hill",
   "Shaak Ti", "Sly Moore"]',
  '["Tatooine", "Naboo", "Coruscant", "Kamino", "Geonosis"]',
  '["Human", "Droid", "Yoda''s species", "Neimoidian", "Gungan", "Toydarian", "Twi''lek", "Cerean", "Nautolan",
   "Kel Dor", "Chagrian", "Geonosian", "Mirialan", "Clawdite", "Besalisk", "Kaminoan", "Skakoan", "Muun",
   "Togruta"]',
  '["Slave I", "Droid control ship", "Naboo fighter", "J-type diplomatic barge", "AA-9 Coruscant freighter",
   "Jedi starfighter", "H-type Nubian yacht", "Republic assault ship", "Solar sailer"]',
  '["Sandcrawler", "Zephyr-G swoop bike", "Koro-2 Exodrive airspeeder", "XJ-6 airspeeder", "LAAT/i", "LAAT/c",
   "AT-TE", "SPHA", "Flitknot speeder", "Neimoidian shuttle", "Geonosian starfighter"]'
);

REPLACE INTO films (
  id, title, episode_id, director, producer, release_date, synopsis,
  characters, planets, species, starships, vehicles
) VALUES (
  3, 'Revenge of the Sith', 3, 'George Lucas', 'Rick McCallum', '2005-05-19',
  'In the last days of the Clone Wars, fear for his wife drives Anakin Skywalker to the Sith lord who promises to save her. The Republic becomes an Empire, the Jedi are hunted down, and two newborn children are hidden from their father.',
  '["Luke Skywalker", "C-3PO", "R2-D2", "Darth Vader", "Leia Organa", "Owen Lars", "Beru Whitesun Lars",
   "Obi-Wan Kenobi", "Anakin Skywalker", "Wilhuff Tarkin", "Chewbacca", "Yoda", "Palpatine", "Nute Gunray",
   "Padmé Amidala", "Jar Jar Binks", "Aayla Secura", "Mace Windu", "Ki-Adi-Mundi", "Kit Fisto", "Eeth Koth",
   "Adi Gallia", "Saesee Tiin", "Plo Koon", "Mas Amedda", "Gregar Typho", "Poggle the Lesser", "Luminara Unduli",
   "Dooku", "Bail Prestor Organa", "R4-P17", "Wat Tambor", "San Hill", "Shaak Ti", "Grievous", "Tarfful",
   "Raymus Antilles", "Sly Moore", "Tion Medon"]',
  '["Tatooine", "Alderaan", "Dagobah", "Naboo", "Coruscant", "Utapau", "Mustafar", "Kashyyyk", "Polis Massa",
   "Mygeeto", "Felucia", "Cato Neimoidia", "Saleucami"]',
  '["Human", "Droid", "Wookiee", "Yoda''s species", "Neimoidian", "Gungan", "Twi''lek", "Cerean", "Nautolan",
   "Zabrak", "Tholothian", "Iktotchi", "Kel Dor", "Chagrian", "Geonosian", "Mirialan", "Skakoan", "Muun",
   "Togruta", "Kaleesh", "Pau''an"]',
  '["CR90 corvette", "Droid control ship", "Jedi starfighter", "Trade Federation cruiser",
   "Theta-class T-2c shuttle", "Republic attack cruiser", "Naboo star skiff", "Jedi interceptor", "ARC-170",
   "Banking Clan frigate", "Belbullab-22 starfighter", "V-wing"]',
  '["Vulture droid", "LAAT/i", "AT-TE", "Neimoidian shuttle", "Tsmeu-6 personal wheel bike",
   "Emergency firespeeder", "Droid tri-fighter", "Oevvaor jet catamaran", "Raddaugh Gnasp fluttercraft",
   "Clone turbo tank", "Corporate Alliance tank droid", "Droid gunship", "AT-RT"]'
);

REPLACE INTO films (
  id, title, episode_id, director, producer, release_date, synopsis,
  characters, planets, species, starships, vehicles
) VALUES (
  4, 'A New Hope', 4, 'George Lucas', 'Gary Kurtz', '1977-05-25',
  'Two droids bring a farm boy a plea for help and the plans of a station that can destroy a world. With an old Jedi, a smuggler and a Wookiee he sets out to free a princess, and finds that the fate of the Rebellion rests on one shot.',
  '["Luke Skywalker", "C-3PO", "R2-D2", "Darth Vader", "Leia Organa", "Owen Lars", "Beru Whitesun Lars", "R5-D4",
   "Biggs Darklighter", "Obi-Wan Kenobi", "Wilhuff Tarkin", "Chewbacca", "Han Solo", "Greedo",
   "Jabba Desilijic Tiure", "Wedge Antilles", "Jek Tono Porkins", "Raymus Antilles"]',
  '["Tatooine", "Alderaan", "Yavin IV"]',
  '["Human", "Droid", "Wookiee", "Rodian", "Hutt"]',
  '["CR90 corvette", "Star Destroyer", "Sentinel-class landing craft", "Death Star", "Millennium Falcon", "Y-wing",
   "X-wing", "TIE Advanced x1"]',
  '["Sandcrawler", "T-16 skyhopper", "X-34 landspeeder", "TIE/LN starfighter"]'
);

REPLACE INTO films (
  id, title, episode_id, director, producer, release_date, synopsis,
  characters, planets, species, starships, vehicles
) VALUES (
  5, 'The Empire Strikes Back', 5, 'Irvin Kershner', 'Gary Kurtz', '1980-05-21',
  'Driven from their base on an ice world, the rebels scatter: Han Solo and Leia Organa flee to a city in the clouds, Luke Skywalker to a swamp and its small, demanding teacher. Darth Vader lays a trap for them all and tells Luke what he least wants to hear.',
  '["Luke Skywalker", "C-3PO", "R2-D2", "Darth Vader", "Leia Organa", "Obi-Wan Kenobi", "Chewbacca", "Han Solo",
   "Wedge Antilles", "Yoda", "Palpatine", "Boba Fett", "IG-88", "Bossk", "Lando Calrissian", "Lobot"]',
  '["Hoth", "Dagobah", "Bespin"]',
  '["Human", "Droid", "Wookiee", "Yoda''s species", "Trandoshan"]',
  '["Star Destroyer", "Millennium Falcon", "Y-wing", "X-wing", "Executor", "Rebel transport", "Slave I",
   "Imperial shuttle", "EF76 Nebulon-B escort frigate"]',
  '["TIE/LN starfighter", "Snowspeeder", "TIE bomber", "AT-AT", "AT-ST", "Storm IV Twin-Pod cloud car"]'
);

REPLACE INTO films (
  id, title, episode_id, director, producer, release_date, synopsis,
  characters, planets, species, starships, vehicles
) VALUES (
  6, 'Return of the Jedi', 6, 'Richard Marquand', 'Howard Kazanjian', '1983-05-25',
  'Once Han Solo is freed from a gangster on Tatooine, the rebels stake everything on a strike against a second Death Star above the forest moon of Endor. Luke Skywalker gives himself up to his father, certain that there is good in him still.',
  '["Luke Skywalker", "C-3PO", "R2-D2", "Darth Vader", "Leia Organa", "Obi-Wan Kenobi", "Chewbacca", "Han Solo",
   "Jabba Desilijic Tiure", "Wedge Antilles", "Yoda", "Palpatine", "Boba Fett", "Lando Calrissian", "Ackbar",
   "Mon Mothma", "Arvel Crynyd", "Wicket Wystri Warrick", "Nien Nunb", "Bib Fortuna"]',
  '["Tatooine", "Dagobah", "Endor", "Naboo", "Coruscant"]',
  '["Human", "Droid", "Wookiee", "Hutt", "Yoda''s species", "Mon Calamari", "Ewok", "Sullustan", "Twi''lek"]',
  '["CR90 corvette", "Star Destroyer", "Death Star II", "Millennium Falcon", "Y-wing", "X-wing", "Executor",
   "Rebel transport", "Imperial shuttle", "EF76 Nebulon-B escort frigate", "Calamari cruiser", "A-wing", "B-wing"]',
  '["TIE/LN starfighter", "TIE bomber", "AT-AT", "AT-ST", "Sail barge", "Bantha-II cargo skiff",
   "TIE/IN interceptor", "Imperial speeder bike"]'
);

REPLACE INTO films (
  id, title, episode_id, director, producer, release_date, synopsis,
  characters, planets, species, starships, vehicles
) VALUES (
  7, 'The Force Awakens', 7, 'J. J. Abrams', 'Kathleen Kennedy, J. J. Abrams, Bryan Burk', '2015-12-18',
  'Thirty years on, a scavenger and a stormtrooper who ran away come upon a droid with a map that leads to Luke Skywalker. The First Order wants it too, and has built a weapon that puts out suns.',
  '["Luke Skywalker", "C-3PO", "R2-D2", "Leia Organa", "Chewbacca", "Han Solo", "Ackbar", "Nien Nunb", "Finn",
   "Rey", "Poe Dameron", "BB-8", "Captain Phasma", "Kylo Ren", "General Hux", "Snoke", "Maz Kanata",
   "Lor San Tekka", "Unkar Plutt"]',
  '["Jakku", "Takodana", "D''Qar", "Hosnian Prime", "Starkiller Base", "Ahch-To"]',
  '["Human", "Droid", "Wookiee", "Mon Calamari", "Sullustan", "Crolute"]',
  '["Millennium Falcon", "T-70 X-wing", "Eravana", "Finalizer", "Kylo Ren''s command shuttle"]',
  '["TIE/fo space superiority fighter", "Rey''s speeder", "First Order snowspeeder"]'
);

-- undo
DROP TABLE IF EXISTS films;
