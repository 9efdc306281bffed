"""Names of countries and cities that CLDR does not give: short forms, older spellings, adjectives, capitals.

Written as ``CODE name|name``. Lower-case names are adjectives and demonyms (``*`` adds the plural and feminine forms); a name under ``-`` is no country though it contains one.
"""

from __future__ import annotations

ALIASES = {
    "en": """
    GM The Gambia|Republic of The Gambia  CD DRC|DR Congo|Democratic Republic of the Congo|Democratic Republic of Congo
    CG Republic of the Congo|Republic of Congo|Congo|Congo-Brazzaville  CI Ivory Coast|Cote d'Ivoire  TR Turkey
    US United States of America|USA|U.S.|U.S.A.  GB UK|U.K.|Great Britain|Britain|England|Scotland|Northern Ireland
    AE UAE  CZ Czech Republic  MK Macedonia  MM Myanmar|Burma  SZ Swaziland  PS Palestine|Gaza|Gaza Strip|West Bank
    TL East Timor  KP DPRK|Democratic People's Republic of Korea  KR Republic of Korea  LA Lao PDR  RU Russian Federation
    SY Syrian Arab Republic  VN Viet Nam  TZ United Republic of Tanzania  VE Bolivarian Republic of Venezuela
    BO Plurinational State of Bolivia  NL The Netherlands  CV Cabo Verde  HK Hong Kong  CN China  VA Holy See
    BA Bosnia and Herzegovina|Bosnia  TT Trinidad and Tobago  ST Sao Tome and Principe  XK Kosovo  MD Republic of Moldova
    - New Mexico|Gulf of Mexico|Gulf of Guinea|Lake Chad|Lake Chad Basin|Niger Delta|Niger State|New Jersey|Niger River
    - River Niger|South Georgia|Atlanta, Georgia|Jordan River|New England|Turkey Point|Persian Gulf|Ancient Egypt
    PG Papua New Guinea  GQ Equatorial Guinea""",
    "fr": """
    CD RDC|République démocratique du Congo|RD Congo|Congo-Kinshasa  CG République du Congo|Congo  CI Côte d'Ivoire
    US États-Unis d'Amérique|USA  GB Grande-Bretagne|Angleterre|Écosse  VN Vietnam|Viet Nam  NG Nigéria
    MM Birmanie|Myanmar  PS Palestine|Gaza|bande de Gaza|Cisjordanie  SR Surinam  GF Guyane  CZ République tchèque
    TL Timor-Leste  SZ Swaziland  LY Jamahiriya arabe libyenne  SY République arabe syrienne  RU Fédération de Russie
    AE Émirats arabes unis|EAU  BY Biélorussie|Bélarus  KG Kirghizistan|Kirghizstan  CF RCA|Centrafrique  CV Cabo Verde
    NL Royaume des Pays-Bas  MD République de Moldova|Moldova  XK Kosovo  VA Saint-Siège  HK Hong Kong  CN Chine
    LK Sri Lanka  BH Bahreïn  ST Sao Tomé-et-Principe  TT Trinité-et-Tobago
    - golfe de Guinée|golfe du Mexique|lac Tchad|bassin du lac Tchad|Nouveau-Mexique|fleuve Niger|delta du Niger
    - fleuve Congo|bassin du Congo
    PG Papouasie-Nouvelle-Guinée""",
    "es": """
    CD RDC|República Democrática del Congo  CG República del Congo|Congo  US Estados Unidos de América|EE. UU.|EE.UU.|EEUU
    GB Gran Bretaña|Inglaterra|Escocia  CI Costa de Marfil  MM Birmania|Myanmar  PS Palestina|Gaza|Franja de Gaza|Cisjordania
    CZ República Checa  SR Suriname  MX Méjico  CV Cabo Verde  NL Holanda|Reino de los Países Bajos  SA Arabia Saudí
    RU Federación de Rusia|Federación Rusa  AE EAU  TL Timor Oriental  SZ Suazilandia|Swazilandia  KE Kenya  RW Rwanda
    XK Kosovo  VA Santa Sede  HK Hong Kong  TT Trinidad y Tobago  BW Botswana  ZW Zimbabwe  BD Bangladesh|Bangladés
    - golfo de Guinea|golfo de México|Nuevo México|lago Chad|Ciudad de Guatemala|delta del Níger|Nueva Jersey
    PG Papúa Nueva Guinea""",
    "ar": """
    CD جمهورية الكونغو الديمقراطية|الكونغو الديمقراطية  CG جمهورية الكونغو|الكونغو  CI كوت ديفوار  SY سورية
    US الولايات المتحدة الأمريكية  GB بريطانيا  PS فلسطين|غزة|قطاع غزة|الضفة الغربية  MM ميانمار|بورما  LY ليبيا
    TD تشاد  MR موريتانيا  SS جنوب السودان  TL تيمور الشرقية  NL الأراضي المنخفضة  ZA جنوب أفريقيا  XK كوسوفو
    CF أفريقيا الوسطى  KR جمهورية كوريا""",
    "ru": """
    CD ДРК|Демократическая Республика Конго  CG Конго  US США|Соединенные Штаты Америки  GB Соединенное Королевство
    PS Палестина|Газа  MM Мьянма|Бирма  KR Южная Корея  KP Северная Корея  CZ Чешская Республика  XK Косово
    SY Сирийская Арабская Республика  RU Российская Федерация  BY Белоруссия  MD Молдавия  KG Киргизия  NL Голландия""",
    "zh": """
    CD 刚果民主共和国  CG 刚果共和国|刚果  US 美利坚合众国  PS 巴勒斯坦|加沙  MM 缅甸  RU 俄罗斯联邦  VE 委内瑞拉玻利瓦尔共和国
    BO 多民族玻利维亚国  KR 大韩民国  TZ 坦桑尼亚联合共和国  HK 香港  CI 象牙海岸  XK 科索沃
    - 墨西哥湾|几内亚湾|乍得湖|新几内亚  PG 巴布亚新几内亚""",
}

DEMONYMS = {
    "en": """
    AF afghan|afghans  DZ algerian|algerians  AO angolan|angolans  AR argentine|argentinian  BD bangladeshi|bangladeshis
    BO bolivian|bolivians  BR brazilian|brazilians  BF burkinabe  CM cameroonian|cameroonians  CF central african
    TD chadian|chadians  CL chilean|chileans  CO colombian|colombians  CD congolese  CU cuban|cubans  DJ djiboutian
    EC ecuadorian|ecuadorians|ecuadorean  EG egyptian|egyptians  SV salvadoran|salvadorans  ER eritrean|eritreans
    ET ethiopian|ethiopians  GM gambian|gambians  GH ghanaian|ghanaians  GT guatemalan|guatemalans  HT haitian|haitians
    HN honduran|hondurans  IN indian|indians  ID indonesian|indonesians  IR iranian|iranians  IQ iraqi|iraqis
    CI ivorian|ivorians  JO jordanian|jordanians  KE kenyan|kenyans  LB lebanese  LR liberian|liberians  LY libyan|libyans
    MG malagasy  MW malawian|malawians  ML malian|malians  MR mauritanian|mauritanians  MX mexican|mexicans
    MD moldovan|moldovans  MA moroccan|moroccans  MZ mozambican|mozambicans  NP nepali|nepalese  NI nicaraguan|nicaraguans
    NG nigerian|nigerians  NE nigerien|nigeriens  PK pakistani|pakistanis  PS palestinian|palestinians
    PY paraguayan|paraguayans  PE peruvian|peruvians  PH filipino|filipinos  RW rwandan|rwandans  SN senegalese
    SL sierra leonean|sierra leoneans  SO somali|somalis  ZA south african|south africans  SS south sudanese
    LK sri lankan|sri lankans  SD sudanese  SY syrian|syrians  TZ tanzanian|tanzanians  TN tunisian|tunisians
    UG ugandan|ugandans  UA ukrainian|ukrainians  UY uruguayan|uruguayans  VE venezuelan|venezuelans  YE yemeni|yemenis
    ZM zambian|zambians  ZW zimbabwean|zimbabweans""",
    "fr": """
    AF afghan*  DZ algérien*  AO angolais*  AR argentin|argentins|argentine|argentines  BD bangladais*  BO bolivien*
    BR brésilien*  BF burkinabè|burkinabé  CM camerounais*  CF centrafricain*  TD tchadien*  CL chilien*  CO colombien*
    CD congolais*  CU cubain*  DJ djiboutien*  EC équatorien*  EG égyptien*  SV salvadorien*  ER érythréen*  ET éthiopien*
    GM gambien*  GH ghanéen*  GT guatémaltèque*  HT haïtien*  HN hondurien*  ID indonésien*  IR iranien*  IQ irakien*|iraquien*
    CI ivoirien*  JO jordanien*  KE kényan*|kenyan*  LB libanais*  LR libérien*  LY libyen*  MG malgache*  ML malien*
    MR mauritanien*  MX mexicain*  MD moldave*  MA marocain*  MZ mozambicain*  NP népalais*  NI nicaraguayen*
    NG nigérian*  NE nigérien*  PK pakistanais*  PS palestinien*  PY paraguayen*  PE péruvien*  RW rwandais*
    SN sénégalais*  SL sierra-léonais*  SO somalien*  ZA sud-africain*  SS sud-soudanais*  LK sri-lankais*
    SD soudanais*  SY syrien*  TZ tanzanien*  TN tunisien*  UG ougandais*  UA ukrainien*  UY uruguayen*
    VE vénézuélien*  YE yéménite*  ZM zambien*  ZW zimbabwéen*  TG togolais*  BJ béninois*  GN guinéen*""",
    "es": """
    AF afgano*|afgana*  DZ argelino*|argelina*  AR argentino*|argentinas  BO boliviano*|boliviana*
    BR brasileño*|brasileña*  CM camerunés|cameruneses  TD chadiano*  CL chileno*|chilena*  CO colombiano*|colombiana*
    CD congoleño*|congoleña*  CU cubano*|cubana*  EC ecuatoriano*|ecuatoriana*  EG egipcio*|egipcia*
    SV salvadoreño*|salvadoreña*  ER eritreo*  ET etíope*  GM gambiano*|gambiana*  GT guatemalteco*|guatemalteca*
    HT haitiano*|haitiana*  HN hondureño*|hondureña*  ID indonesio*  IQ iraquí|iraquíes  KE keniano*|keniana*
    LB libanés|libanesa|libaneses  LY libio*|libia  ML maliense*  MX mexicano*|mexicana*  MA marroquí|marroquíes
    MZ mozambiqueño*|mozambiqueña*  NI nicaragüense*  NG nigeriano*|nigeriana*  NE nigerino*|nigerina*  PK pakistaní|pakistaníes
    PS palestino*|palestina|palestinas  PY paraguayo*|paraguaya*  PE peruano*|peruana*  RW ruandés|ruandeses
    SN senegalés|senegaleses  SO somalí|somalíes  ZA sudafricano*|sudafricana*  SD sudanés|sudanesa|sudaneses
    SY sirio*|siria|sirias  TN tunecino*|tunecina*  UG ugandés|ugandeses  UA ucraniano*|ucraniana*
    UY uruguayo*|uruguaya*  VE venezolano*|venezolana*  YE yemení|yemeníes  ZM zambiano*""",
}

# Cities that give no time zone its name. Where the United Nations have their seats, a dateline says nothing about
# the story: those cities stand under "-".
CITIES = """
- Geneva|Genève|Ginebra|Женева|جنيف|日内瓦|New York|Nueva York|Нью-Йорк|نيويورك|纽约|Ginevra|Genf
AE Abu Dhabi|Abou Dhabi|Abu Dabi|أبو ظبي|أبوظبي  AF Kandahar|Herat  AR Rosario|Córdoba|Mendoza|Salta
AU Canberra|سيدني  BD Cox's Bazar|كوكس بازار|Bhasan Char  BF Ouahigouya  BO Cochabamba|Santa Cruz de la Sierra|Sucre
BR Brasília|Brasilia|Rio de Janeiro|Rio de Janeiro|Boa Vista|برازيليا|Бразилиа|巴西利亚  BW Gaborone  CA Ottawa|أوتاوا|Оттава|渥太华|Montréal|Montreal
CD Goma|Bukavu|Bunia|Beni  CH Bern|Berne|Berna|برن|Lausanne|Basel  CL Valparaíso|Iquique|Antofagasta
CM Yaoundé|Yaounde|Yaundé|Maroua  CN Beijing|Pékin|Pekín|بكين|Пекин|北京|Guangzhou  CO Cali|Medellín|Cartagena|Cúcuta|Barranquilla
CR San José  CI Yamoussoukro|Bouaké  DE Bonn|Hamburg|Munich|Frankfurt  DJ Obock  EC Quito|كيتو|Кито|基多
EG Alexandria|Alexandrie|Sharm el-Sheikh|Aswan  ES Barcelona|Seville|Sevilla|Valencia|Las Palmas  ET Gambella|Dire Dawa|Jijiga
FR Marseille|Lyon|Strasbourg|Calais  GN Nzérékoré  GT Guatemala City|Ciudad de Guatemala  HN San Pedro Sula
HT Les Cayes|Cap-Haïtien|Ouanaminthe  IN New Delhi|Nueva Delhi|Delhi|نيودلهي|Нью-Дели|新德里|Mumbai  IQ Erbil|Basra|Mosul|أربيل|الموصل
IT Lampedusa|Milan|Milano|Palermo|Florence  JO Zaatari  JP Kyoto|Osaka  KE Mombasa|Kakuma|Dadaab|Garissa
KZ Astana|Nur-Sultan  LB Tripoli, Lebanon  LY Benghazi|Derna|Misrata|بنغازي|درنة|Zuwara  MA Rabat|الرباط|Рабат|拉巴特|Marrakech|Marrakesh|مراكش|Tangier|Tanger
ML Gao|Timbuktu|Tombouctou|Mopti  MM Naypyidaw|Nay Pyi Taw  MR Nouadhibou  MX Mexico City|Ciudad de México|Puerto Vallarta|Tapachula|Guadalajara
MW Lilongwe  MZ Beira|Pemba|Cabo Delgado  NE Agadez|Diffa|Arlit|Zinder|Assamaka  NG Abuja|أبوجا|Абуджа|阿布贾|Maiduguri|Kano|Benin City
NL The Hague|La Haye|La Haya|لاهاي|Гаага|海牙|Rotterdam  NZ Wellington  PE Cusco|Tumbes  PH Cebu|Tacloban
PK Islamabad|إسلام أباد|Исламабад|伊斯兰堡|Peshawar|Lahore|Quetta  PS Gaza City|Ramallah|Rafah|رام الله  SA Jeddah|Djeddah|جدة
SD Port Sudan|Port-Soudan|El Fasher|El Geneina|بورتسودان|الفاشر|Nyala|Kassala  SL Bo  SN Ziguinchor|Saint-Louis
SO Hargeisa|Kismayo|Baidoa|Bosaso|Garowe  SS Malakal|Bentiu|Wau  SY Aleppo|Alep|Idlib|حلب|إدلب|Homs  TD Abéché|Adré
TN Sfax|صفاقس|Zarzis  TR Ankara|أنقرة|Анкара|安卡拉|Gaziantep|Izmir  TZ Dodoma|Zanzibar|Kigoma  UA Lviv|Odesa|Odessa|Kharkiv|Dnipro|Kiev
UG Entebbe|Gulu|Arua  US Washington|Washington, D.C.|Washington, DC|واشنطن|Вашингтон|华盛顿|San Diego|Miami|Houston
UY Punta del Este  VE Maracaibo  VN Hanoi|Hanoï|هانوي|Ханой|河内  YE Sana'a|Sanaa|Hodeidah|Marib|صنعاء|مأرب|Taiz
ZA Pretoria|Cape Town|Le Cap|Ciudad del Cabo|Durban|بريتوريا|Претория|比勒陀利亚  ZW Bulawayo  ZM Solwezi
PT Sintra  BE Liège|Bruges|Antwerp  GB Edinburgh|Glasgow|Manchester  CM Garoua  PA David|Darién  IR Mashhad|Tehran|Téhéran|Teherán
"""
