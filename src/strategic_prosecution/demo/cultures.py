"""Naming cultures of the fictional county: which names there are, how often, and how else each may be written.

Given names are ordinary ones and invented ones. Every family name says that it is none: it ends in a word like
"test" or "demo", so that nobody can be mistaken for a real person.
"""

from dataclasses import dataclass

MARKS = ("test", "demo", "faux", "sample", "fiction", "proto", "mock", "trial", "dummy", "fable", "pretend", "invent")


@dataclass(frozen=True)
class Culture:
    """How names are made in one culture; lists are words in one text, the most frequent first.

    ``families`` are followed by what ``stems`` builds (each first part with each second), as are the given names by
    what their ``_parts`` build. ``shares`` are those of the first families, the rest falls off as rank to the power
    of -``skew``. ``middles`` (of men, of women) are drawn from the given names where empty. ``doubles`` have two family
    names, ``particles`` stand before the family name of that share. ``respelt``: (as here, as elsewhere).
    """

    name: str
    male: str
    female: str
    families: str
    stems: tuple[str, str]
    male_parts: tuple[str, str] = ("", "")
    female_parts: tuple[str, str] = ("", "")
    shares: tuple[float, ...] = ()
    skew: float = 0.8
    middles: tuple[str, str] = ("", "")
    middle: float = 0.6
    doubles: float = 0.0
    hyphenated: float = 0.5
    particles: tuple[str, ...] = ()
    particle: float = 0.0
    family_first: bool = False
    respelt: tuple[tuple[str, str], ...] = ()


_ENGLISH_FAMILIES = (
    "Smith Johnson Williams Brown Jones Davis Miller Wilson Moore Taylor Anderson Thomas Jackson White Harris Martin "
    "Thompson Robinson Clark Lewis Walker Hall Allen Young King Wright Hill Scott Green Adams Baker Nelson Carter "
    "Mitchell Roberts Turner Phillips Campbell Parker Evans Edwards Collins Stewart Morris Rogers Reed Cook Morgan"
)
_ENGLISH_STEMS = (
    "Ald Ash Bar Beck Blan Bram Brent Cald Carl Chad Cold Crom Dal Dray Dun Ed Ell Fair Fen Finch Garn Gil Glad Hart "
    "Haw Hol Hux Ing Kel Kirk Lang Lath Lind Mal Mar Mer Nor Oak Orm Pem Pres Quin Rad Ros Rud Sel Shel Stan Strat Sut "
    "Thorn Til Tren Up Vern Wake Wel Wex Wor Yar",
    "ley ton son ford wick man by worth well field er land ham bury stead more shaw brook ridge croft gate dale low "
    "cott hurst mond",
)

CULTURES = (
    Culture(
        name="english",
        male="James John Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel Matthew Anthony "
        "Steven Andrew Joshua Kenneth Kevin Brian Edward Ronald Timothy Jason Jeffrey Ryan Jacob Nicholas Jonathan "
        "Stephen Larry Benjamin Samuel Gregory Patrick Alexander Jack Dennis Zachary Nathan Peter Philip Donald",
        female="Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Nancy Lisa Margaret Betty "
        "Sandra Ashley Kimberly Emily Donna Michelle Carol Amanda Dorothy Melissa Deborah Stephanie Rebecca Laura "
        "Cynthia Kathleen Amy Angela Katherine Catherine Samantha Christine Rachel Pamela Victoria Alexandra",
        families=_ENGLISH_FAMILIES,
        stems=_ENGLISH_STEMS,
        male_parts=("Brad Bryn Cor Dev Fen Garr Hol Jax Kel Lan Mas Nor Tan Tuck Wes", "en ick ton more vin ley son"),
        female_parts=("Ad Bel Cal Dar El Gal Jor Kest Mir Nel Ross Sel Tam Wyn Zel", "essa linda rina bexa lyn aveth"),
        doubles=0.03,
        hyphenated=0.8,
        particles=("O'", "Mac", "Mc", "St. ", "Van "),
        particle=0.06,
    ),
    Culture(
        name="english_second",
        male="James Michael Christopher Anthony Robert William Charles Joseph Marcus Darius Terrence Reginald Andre "
        "Tyrone Malik Jamal Isaiah Elijah Xavier Jeremiah Curtis Maurice Raymond Lawrence Samuel Nathaniel",
        female="Mary Patricia Jasmine Brittany Ebony Kiara Aaliyah Imani Jada Latoya Monique Nicole Danielle Tamika "
        "Elizabeth Angela Victoria Katherine Dorothy Gloria Jacqueline Veronica",
        families=_ENGLISH_FAMILIES,
        stems=_ENGLISH_STEMS,
        male_parts=(
            "Da De Ja Ke La Ma Mar Qua Ra Sha Ta Tre Ty Za",
            "vante quon rius marion shawn vell meer von tavius kwame lonte rell",
        ),
        female_parts=(
            "A Cha Da Ja Ka La Ma Ni Qua Sha Ta Za",
            "niqua keisha mara lina vonne tisha zelle riah shay naya mika dria",
        ),
        doubles=0.02,
        hyphenated=0.9,
        particles=("Mc", "St. "),
        particle=0.02,
    ),
    Culture(
        name="spanish",
        male="José Juan Luis Carlos Jesús Miguel Francisco Manuel Antonio Pedro Alejandro Jorge Roberto Fernando "
        "Rafael Eduardo Ricardo Guillermo Enrique Ángel Javier Sergio Ramón Raúl Héctor Ignacio Vicente Arturo César",
        female="María Guadalupe Juana Rosa Ana Margarita Teresa Francisca Isabel Carmen Dolores Josefina Verónica "
        "Leticia Elizabeth Alejandra Yolanda Graciela Concepción Mercedes Gabriela Mónica Adriana Sofía Lucía",
        families="García Hernández Martínez López González Rodríguez Pérez Sánchez Ramírez Torres Flores Rivera Gómez "
        "Díaz Reyes Cruz Morales Ortiz Gutiérrez Chávez Ramos Ruiz Álvarez Mendoza Vásquez Castillo Jiménez Moreno "
        "Romero Herrera Medina Aguilar Vargas Castro Guzmán Méndez Fernández Muñoz Salazar Garza Soto Delgado Peña "
        "Ríos Núñez Ibáñez Ávila",
        stems=(
            "Al Ar Ba Be Ca Ce Co Chi Do Es Fa Gal Go Hi Iba Ja La Li Lo Ma Mi Mon Na Oli Pa Pe Qui Ra Ro Sa Se Te To "
            "Ur Va Ve Vi Za Zu",
            "randa ñeda rrido varez meros llano guez daña cedo rales zábal gorri ntero bada lverde ndiola queira "
            "tierra rdoba sterio",
        ),
        male_parts=("Adal Bel Cris Del Elí Flor Gil Her Leo Nor Os Rosen Tar Val", "berto mundo vio ardo ando ián"),
        female_parts=("Ama Bri Cel Dul Esm Flor Itz Jaz Mari Nay Ros Xio Yes Zul", "bela elda ina isa eli ora"),
        shares=(0.026, 0.023, 0.022, 0.02, 0.019, 0.018, 0.015, 0.014, 0.013, 0.01),
        skew=0.9,
        middle=0.7,
        doubles=0.55,
        hyphenated=0.25,
        particles=("de la ", "de los ", "del ", "De "),
        particle=0.05,
        respelt=(("ez", "es"), ("ll", "y"), ("v", "b"), ("z", "s"), ("Y", "J")),
    ),
    Culture(
        name="vietnamese",
        male="Minh Hùng Dũng Tuấn Anh Thành Long Sơn Nam Quang Hải Đức Huy Khoa Phong Tâm Tiến Trung Việt Bình Phúc "
        "Hoàng Kiên Thắng Vinh Lâm Đạt Khánh",
        female="Lan Hương Mai Hoa Linh Thảo Trang Ngọc Hạnh Phượng Thủy Yến Nga Hà Kim Loan Dung Thu Tuyết Xuân Vân "
        "Oanh Quỳnh Hiền Diệp Bích",
        families="Nguyễn Trần Lê Phạm Huỳnh Phan Vũ Đặng Bùi Đỗ Hồ Ngô Dương Lý Võ Trương Đinh Đoàn Lương Mai Tô Trịnh "
        "Đào Cao Lâm Hà Tạ Thái Châu Quách Vương Kiều La Mạc Nghiêm Ông Phùng Quan Tăng Thạch Văn Viên",
        stems=("Bạ Cù Diệ Giả Khu Nghị Thiề Trườ Uyể Xuy", "nh ng m t p"),
        shares=(0.35, 0.11, 0.095, 0.07, 0.05, 0.045, 0.039, 0.021, 0.02, 0.014, 0.013, 0.013, 0.01),
        skew=1.1,
        middle=0.85,
        middles=("Văn Hữu Đức Quốc Công Minh Xuân Ngọc", "Thị Ngọc Thanh Thu Kim Mỹ Bích Hồng"),
        family_first=True,
    ),
    Culture(
        name="chinese",
        male="Wei Jian Ming Jun Qiang Lei Feng Xin Hao Zhiqiang",
        female="Fang Xiu Li Na Jing Yan Xia Mei Hui Xiaohong",
        families="Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Gao Luo Zheng Liang Xie "
        "Song Tang Deng Feng Han Cao Zeng Peng Xiao Cai Pan Tian Dong Yuan Jiang Ye Wei Su Lu Ding Ren Shen Yao",
        stems=("Ou Si Zhu Xia Dong Duan Gong Mu", "yang ma ge hou fang mu rong"),
        male_parts=("Wei Jian Zhi Guo Xiao Hai Yong Jin Shao Qing Zhen Bo", "ming hong qiang feng jun wen long bin"),
        female_parts=("Xiao Mei Yu Li Hui Xue Jing Shu Yan Qiu Zhen Lan", "hua ling fang xia juan ying qin zhen yun"),
        shares=(0.075, 0.072, 0.068, 0.054, 0.045, 0.031, 0.022, 0.021, 0.02, 0.019),
        skew=0.9,
        middle=0.12,
        middles=("Kevin Jason Eric David", "Amy Grace Jenny Lily"),
        family_first=True,
        respelt=(
            ("Zhang", "Chang"), ("Wang", "Wong"), ("Chen", "Chan"), ("Liu", "Lau"), ("Li", "Lee"), ("Huang", "Hwang"),
            ("Zhou", "Chow"), ("Zhao", "Chao"), ("Guo", "Kuo"), ("Zheng", "Cheng"), ("Xie", "Hsieh"), ("Xu", "Hsu"),
            ("Cai", "Tsai"), ("Lin", "Lam"), ("Zhu", "Chu"), ("Jiang", "Chiang"), ("Yang", "Young"), ("Zh", "Ch"),
            ("X", "Hs"), ("Q", "Ch"), ("Ji", "Chi"), ("qi", "chi"), ("xi", "hsi"), ("zh", "ch"), ("bi", "pi"),
        ),
    ),
    Culture(
        name="korean",
        male="Min-jun Seo-jun Ji-hoon Joon-ho Sung-min Young-ho Dong-hyun",
        female="Ji-woo Seo-yeon Min-ji Soo-jin Eun-ji Young-hee Hye-jin",
        families="Kim Lee Park Jung Choi Cho Kang Yoon Jang Lim Han Oh Seo Shin Kwon Hwang Ahn Song Ryu Hong Jeon Ko "
        "Moon Yang Son Bae Baek Heo Nam Shim Noh Ha Joo Koo Sung Cha Woo Min Jin Na Ji Um Chae Won Bang Gong",
        stems=("Nam Sun Jeg Hwang Dok", "gung woo al bo go"),
        male_parts=("Sung- Dong- Jae- Hyun- Tae- Sang- Kyu- Jin- Ki- Woo-", "hyun soo woo min ho jin hoon seok wook"),
        female_parts=("Eun- Hye- Mi- Soo- Yoo- Kyung- Na- Bo- Ji- Yeon-", "young jung kyung sook ra yeon won hee ah"),
        shares=(0.215, 0.147, 0.084, 0.048, 0.047, 0.021, 0.024, 0.021, 0.02, 0.017),
        skew=0.9,
        middle=0.08,
        middles=("Daniel Andrew Brian", "Grace Esther Jane"),
        family_first=True,
        respelt=(
            ("Lee", "Yi"), ("Lee", "Rhee"), ("Park", "Pak"), ("Jung", "Jeong"), ("Jung", "Chung"), ("Choi", "Choe"),
            ("Cho", "Jo"), ("Kang", "Gang"), ("Yoon", "Yun"), ("Lim", "Im"), ("Shin", "Sin"), ("Ryu", "Yoo"),
            ("Moon", "Mun"), ("Ahn", "An"), ("Jeon", "Chun"), ("hyun", "hyeon"), ("soo", "su"), ("young", "yeong"),
            ("hoon", "hun"), ("Sung", "Seong"), ("jung", "jeong"), ("woo", "wu"), ("Joon", "Jun"), ("Soo", "Su"),
        ),
    ),
    Culture(
        name="south_asian",
        male="Mohammad Amit Rajesh Sanjay Vijay Ravi Sunil Rahul Anil Suresh Ramesh Harpreet Gurpreet Manjit Arjun "
        "Vikram Krishna Lakshman Deepak Ashok Dinesh Vivek",
        female="Priya Anjali Sunita Pooja Lakshmi Deepika Kavita Neha Meena Rekha Sita Geeta Harpreet Simran Manpreet "
        "Amrita Divya Shreya Vidya Usha",
        families="Singh Patel Kumar Sharma Khan Shah Gupta Reddy Ahmed Das Kaur Iyer Nair Rao Joshi Mehta Desai "
        "Chaudhary Verma Agarwal Banerjee Mukherjee Chatterjee Ghosh Pillai Menon Naidu Bhatt Trivedi Hussain",
        stems=(
            "Bhat Chan Dev Gan Hari Jay Kul Lok Man Nara Pad Raj Sri Sub Thi Uma Vij Yog",
            "wani ra dani kar nathan sekar pur mani gal wala murthy rani",
        ),
        male_parts=("Adi Bhar Chan Dha Gau Hari Jag Kar Man Nar Pra San Var", "deep tik vansh raj esh kumar jit"),
        female_parts=("Ani Bha Chi Dee Gay Ila Kal Mal Nan Pad Rup San Vas", "mika vana shree tri ndra puna lini"),
        shares=(0.11, 0.08, 0.05, 0.04, 0.035, 0.03),
        skew=0.85,
        middle=0.4,
        middles=("Singh Kumar Lal Chandra Nath", "Kaur Devi Kumari Bai Rani"),
        respelt=(
            ("Mohammad", "Mohd"), ("Mohammad", "Muhammad"), ("Chaudhary", "Chowdhury"), ("Ahmed", "Ahmad"),
            ("ee", "i"), ("oo", "u"), ("ksh", "xm"), ("sh", "s"), ("v", "w"), ("V", "W"), ("th", "t"), ("j", "z"),
        ),
    ),
    Culture(
        name="arabic",
        male="Mohammed Ahmed Ali Omar Hassan Hussein Youssef Ibrahim Khaled Mahmoud Mustafa Abdullah Tariq Said Karim "
        "Samir Walid Faisal Nasser Bilal Hamza Yasser Jamal Rashid",
        female="Fatima Aisha Maryam Layla Zainab Khadija Noor Hana Amina Samira Salma Yasmin Nadia Rania Huda Mona "
        "Sumaya Dalia",
        families="Hassan Ahmed Ali Hussein Ibrahim Khalil Mansour Saleh Haddad Nasser Khoury Said Rahman Masri Najjar "
        "Sharif Qasim Bakr Tamimi Baghdadi Shami Hariri Zayed Othman Farouk",
        stems=(
            "Abu Bad Dar Fay Gha Had Jab Kar Lub Mak Nad Qad Ram Sab Tal Wah Yaz Zam",
            "rani ami oudi ri wan iri hab ssaf zal dawi mour kil",
        ),
        male_parts=("Abdul Has Imr Jal Kam Mun Nab Sal Taw Zay", "rahman san an al ir il im fiq ed"),
        female_parts=("Ab Dun Far Haj Jum Lam Nah Raw Suh Wid", "eer ya ida ar ana iya la dah ad"),
        skew=0.75,
        middle=0.55,
        doubles=0.05,
        hyphenated=0.3,
        particles=("al-", "el-", "Al ", "bin ", "Abu "),
        particle=0.4,
        respelt=(
            ("Mohammed", "Muhammad"), ("Mohammed", "Mohamed"), ("Mohammed", "Mohammad"), ("Hussein", "Hussain"),
            ("Hussein", "Husayn"), ("Youssef", "Yusuf"), ("Youssef", "Yousef"), ("Ahmed", "Ahmad"), ("Omar", "Umar"),
            ("Khaled", "Khalid"), ("Said", "Saeed"), ("Abdullah", "Abdallah"), ("Mustafa", "Moustafa"),
            ("Hassan", "Hasan"), ("Fatima", "Fatma"), ("Aisha", "Aysha"), ("Maryam", "Mariam"), ("Layla", "Leila"),
            ("Zainab", "Zaynab"), ("Noor", "Nour"), ("Q", "K"), ("ou", "u"), ("ay", "ai"), ("ss", "s"), ("Kh", "Ch"),
        ),
    ),
    Culture(
        name="slavic",
        male="Aleksandr Dmitri Sergei Andrei Aleksei Ivan Mikhail Nikolai Vladimir Yuri Pavel Viktor Oleg Piotr Tomasz "
        "Krzysztof Jerzy Stanisław Miloš Dragan Bogdan Yevgeny",
        female="Yelena Natalya Tatyana Yuliya Olga Svetlana Irina Anastasia Mariya Yekaterina Ludmila Agnieszka "
        "Małgorzata Katarzyna Zuzana Jelena Oksana",
        families="Ivanov Petrov Sidorov Kowalski Nowak Wiśniewski Popov Smirnov Volkov Novák Horvat Kovalenko "
        "Jankowski Łukasik Dvořák Šimić Bondarenko Morozov Żukowski Tkachenko Marković Nikolić",
        stems=(
            "Bel Bor Chern Dobr Gor Grab Jel Kal Kras Kuz Lis Med Moz Niz Ostr Pol Rad Rog Star Sukh Tarn Vasil Yef",
            "anov ovsky enko inski etsov uk ovich yakin ashev evski imov ulin",
        ),
        male_parts=("Bor Brat Dob Jar Lju Mir Rad Slav Stan Vlad Vse Zdr", "imir oslav ivoj omir islav ko"),
        female_parts=("Bor Brat Dob Jar Lju Mir Rad Slav Stan Vlad Vse Zdr", "imira oslava ena inka ya ana"),
        skew=0.75,
        middle=0.5,
        respelt=(
            ("Aleksandr", "Alexander"), ("Aleksandr", "Oleksandr"), ("Sergei", "Sergey"), ("Sergei", "Serhiy"),
            ("Dmitri", "Dmitriy"), ("Dmitri", "Dmytro"), ("Yuliya", "Julia"), ("Yelena", "Elena"), ("Yuri", "Iouri"),
            ("Yekaterina", "Ekaterina"), ("Mikhail", "Mykhailo"), ("Aleksei", "Alexey"), ("Natalya", "Nataliia"),
            ("ov", "off"), ("ovsky", "ovskiy"), ("ski", "sky"), ("Ye", "E"), ("ya", "ia"), ("iya", "ija"), ("Kh", "H"),
            ("ei", "ey"), ("ai", "ay"), ("V", "W"), ("ks", "x"), ("ch", "tch"), ("ts", "tz"),
        ),
    ),
    Culture(
        name="german_nordic",
        male="Hans Karl Jürgen Wolfgang Friedrich Björn Lars Sören Günther Klaus Jörg Dieter Erik Anders Matthias "
        "Stephan Håkan Øyvind Åke Philipp",
        female="Anna Ingrid Käthe Ursula Margarete Birgit Astrid Sigrid Elisabeth Katharina Jördis Änne Solveig Gisela "
        "Heike Annika Maja Søsser",
        families="Müller Schmidt Schneider Fischer Weber Schröder Köhler König Krüger Schäfer Hansen Olsen Jørgensen "
        "Åkesson Bergström Lindström Weiß Groß Böhm Jäger Sørensen Nyström Söderberg Größmann",
        stems=(
            "Ah Bär Brück Dör Ei Fal Grün Häm Ilm Jür Kös Läng Mös Nor Öst Pär Röd Schö Stör Tjä Über Wür Zö",
            "mann berg strand holm lund meier stein gaard dahl qvist bach ner ing feld",
        ),
        male_parts=("Alf Bert Det Ger Her Lud Ort Sieg Thor Wald", "win hard lef mar bert rik"),
        female_parts=("Adel Brun Fried Ger Hild Irm Lin Roswi Sieg Thor", "hild trud gard lind heid a"),
        skew=0.75,
        doubles=0.04,
        hyphenated=0.9,
        particles=("von ", "van der ", "af "),
        particle=0.06,
        respelt=(
            ("ü", "ue"), ("ö", "oe"), ("ä", "ae"), ("ß", "ss"), ("ø", "oe"), ("å", "aa"), ("Ö", "Oe"), ("Ä", "Ae"),
            ("Ü", "Ue"), ("Å", "Aa"), ("Ø", "Oe"), ("Schmidt", "Schmitt"), ("ei", "ey"), ("ph", "f"), ("K", "C"),
            ("sen", "son"),
        ),
    ),
    Culture(
        name="turkish",
        male="Mehmet Mustafa Ahmet Ali Hüseyin Hasan İbrahim Osman Murat Çağlar Oğuz Barış Emre",
        female="Fatma Ayşe Emine Hatice Zeynep Elif Gülşen Özlem Çiğdem Tuğba Şule",
        families="Yılmaz Kaya Demir Çelik Şahin Yıldız Öztürk Aydın Doğan Arslan Koç Kurt Özdemir Erdoğmuş Güneş",
        stems=("Ak Al Bay Çak Dağ Er Gül Kara Öz Sarı Taş Yağ", "taş oğlu ışık can göl türk bulut han er söz"),
        male_parts=("Al Bar Er Gök Kor Oğuz Tol Yıl", "kan han alp can tay"),
        female_parts=("Ay Gül Nil Sev Şen Nur", "gül can şen ay su"),
        skew=0.7,
        middle=0.25,
    ),
    Culture(
        name="west_african",
        male="Kwame Kofi Mamadou Oumar Chukwuemeka Ibrahima Abdoulaye Emeka Tunde Sekou Ousmane Chinedu Kwabena "
        "Boubacar Moussa Babatunde Olusegun",
        female="Aminata Fatou Aissatou Ngozi Mariama Chioma Abena Akosua Folake Adama Kadiatou Ifeoma Yetunde Oumou",
        families="Diallo Traore Mensah Okafor Okonkwo Bah Camara Keita Adeyemi Owusu Boateng Sow Barry Coulibaly Cisse "
        "Eze Balogun Asante Toure Ndiaye",
        stems=(
            "Abi Ade Afo Aki Bam Boa Chi Dia Ebe Fof Iwu Kon Mba Nwa Obi Ogu Oko Ola San Uzo Yeb",
            "yemi kwu tola bara sogie wande ngwu dele cha biri koya gba nte ra",
        ),
        male_parts=("Ade Chi Ike Kwa Nna Obi Olu Oye Uche Yao", "wale buike dinma bena mdi seun tobi"),
        female_parts=("Abi Ade Chi Efu Ife Nne Olu Yaa Ama", "ola sola zoba rua oma ka tola"),
        skew=0.8,
        middle=0.5,
        respelt=(
            ("Mamadou", "Mamadu"), ("Oumar", "Umar"), ("Fatou", "Fatu"), ("Diallo", "Jallow"), ("Sow", "Sou"),
            ("Traore", "Trawally"), ("Cisse", "Ceesay"), ("Camara", "Kamara"), ("Toure", "Touray"), ("ou", "u"),
            ("Dia", "Ja"), ("kwu", "ku"), ("Keita", "Keyta"), ("Bah", "Ba"), ("Chukwu", "Chuku"), ("ye", "ie"),
        ),
    ),
    Culture(
        name="navajo",
        male="Leonard Raymond Harrison Wilson Thomas Robert Daniel Delbert Emerson Kee Herman Chester",
        female="Bessie Lorraine Marie Shirley Darlene Rose Verna Elouise Katherine Elizabeth Nizhoni Sunshine",
        families="Begay Yazzie Benally Tsosie Nez Tso Etsitty Bitsui Attakai Chee Manuelito Tohee Nakai Bitsilly Claw "
        "Hosteen Tsinnijinnie Bahe Deschenie Zah",
        stems=("Hask Naat Tod Chii Dine Kin Bit Tsi Ash Yil Nas", "ani ii lchini toh yazhi alee bito keyah soh nez"),
        shares=(0.09, 0.07, 0.06, 0.05, 0.035, 0.025, 0.02),
        skew=0.8,
        middle=0.45,
        doubles=0.03,
        respelt=(("Begay", "Begaye"), ("Yazzie", "Yazzi"), ("Tso", "Tsoh"), ("ii", "i"), ("tsi", "ci"), ("Ts", "Tz")),
    ),
    Culture(
        name="hawaiian",
        male="Kalani Keoni Kai Ikaika Kamaka Makoa Nalu Kekoa Kaleo Koa David Joseph",
        female="Leilani Nani Kealani Malia Noelani Pua Kalena Mahina Moana Lehua Mary Elizabeth",
        families="Kealoha Kamaka'eha Kahale Ka'aihue Mahoe Nakamura Kanahele Keawe Kalua Pa'akaula Kaleohano Akana "
        "Ho'okano Kauhane Makua",
        stems=(
            "Ka Ke Ku Ma Na Pa'a Ho'o Wai Lei Kala Keo Kau Ala",
            "hananui oha loa mea ahi kua noa lani pili wela hele kai ihi mana nohea hinu",
        ),
        male_parts=("Ka Ke Ma Na Kala Keo", "imana lani olu nui kai poni ha'o"),
        female_parts=("Ka Lei Nani Pua Ma Ke Ipo", "lani momi 'ala ohu lehua mele ola"),
        skew=0.7,
        middle=0.7,
        doubles=0.03,
        respelt=(("hele", "here"), ("Kea", "Kia"), ("ou", "o"), ("au", "ao"), ("Kau", "Kow"), ("ii", "i")),
    ),
)  # fmt: skip

# Of each recorded race or ethnicity, the share of each naming culture.
SHARES: dict[str, dict[str, float]] = {
    "black": {"english_second": 0.85, "west_african": 0.08, "arabic": 0.04, "spanish": 0.03},
    "white": {
        "english": 0.64, "german_nordic": 0.13, "slavic": 0.1, "arabic": 0.05, "spanish": 0.05, "turkish": 0.03,
    },
    "hispanic": {"spanish": 0.94, "english": 0.06},
    "asian": {"south_asian": 0.3, "vietnamese": 0.25, "chinese": 0.25, "korean": 0.15, "hawaiian": 0.05},
    "other": {"arabic": 0.25, "hawaiian": 0.2, "south_asian": 0.15, "english": 0.2, "spanish": 0.2},
    "native_american": {"navajo": 0.6, "english": 0.3, "spanish": 0.1},
    "unknown": {
        "english": 0.3, "english_second": 0.2, "spanish": 0.25, "arabic": 0.1, "chinese": 0.05, "vietnamese": 0.05,
        "slavic": 0.05,
    },
}  # fmt: skip

NICKNAMES = {
    "Aleksandr": "Sasha Sanya Alex", "Aleksei": "Alyosha Lyosha", "Alejandra": "Ale Sandra", "Alejandro": "Alex Ale",
    "Alexander": "Alex Al Xander Sandy", "Alexandra": "Alex Sandra Lexi", "Amanda": "Mandy", "Amy": "Ames",
    "Anastasia": "Nastya Stacy", "Andre": "Dre", "Andrei": "Andryusha", "Andrew": "Andy Drew", "Angela": "Angie",
    "Ángel": "Angelito", "Anthony": "Tony Ant", "Antonio": "Toño Tony", "Barbara": "Barb Babs",
    "Benjamin": "Ben Benny", "Betty": "Bets", "Carlos": "Charlie Carlitos", "Catherine": "Cathy Cate Kate",
    "Charles": "Charlie Chuck Chas", "Christine": "Chris Tina", "Christopher": "Chris Topher Kit",
    "Concepción": "Concha Conchita", "Curtis": "Curt", "Cynthia": "Cindy", "Daniel": "Dan Danny", "Danielle": "Dani",
    "David": "Dave Davey", "Deborah": "Deb Debbie", "Dennis": "Denny", "Dmitri": "Dima Mitya", "Dolores": "Lola",
    "Donald": "Don Donnie", "Dorothy": "Dot Dottie Dolly", "Eduardo": "Lalo Eddie", "Edward": "Ed Eddie Ted Ned",
    "Elijah": "Eli", "Elisabeth": "Liesl Lisa Elsa", "Elizabeth": "Liz Beth Betty Lizzie Eliza", "Emily": "Em Emmy",
    "Enrique": "Quique Kike Henry", "Fatima": "Fati", "Fernando": "Nando Fer", "Francisca": "Paca Pancha",
    "Francisco": "Paco Pancho Frank", "Friedrich": "Fritz Fred", "Gabriela": "Gaby", "Graciela": "Chela",
    "Gregory": "Greg", "Guadalupe": "Lupe Lupita", "Guillermo": "Memo Willy", "Hans": "Hansi", "Ignacio": "Nacho",
    "Isabel": "Chabela Isa", "Ivan": "Vanya", "Jack": "Jackie", "Jacob": "Jake", "Jacqueline": "Jackie",
    "James": "Jim Jimmy Jamie", "Jason": "Jay", "Jeffrey": "Jeff", "Jennifer": "Jen Jenny", "Jeremiah": "Jerry",
    "Jessica": "Jess Jessie", "Jesús": "Chuy", "John": "Jack Johnny", "Jonathan": "Jon Jonny", "Jorge": "George",
    "José": "Pepe Joe", "Josefina": "Josie Pepa", "Joseph": "Joe Joey", "Joshua": "Josh", "Juan": "Juancho Johnny",
    "Jürgen": "Jörg", "Karen": "Kari", "Katharina": "Kathe Kati", "Katherine": "Kate Kathy Katie Kit",
    "Kathleen": "Kathy Kath", "Kenneth": "Ken Kenny", "Kevin": "Kev", "Kimberly": "Kim", "Krzysztof": "Krzysiek",
    "Larry": "Lars", "Laura": "Laurie", "Lawrence": "Larry", "Leonard": "Len", "Leticia": "Lety", "Luis": "Lucho",
    "Małgorzata": "Gosia", "Manuel": "Manny Manolo", "Margaret": "Peggy Maggie Meg", "Margarita": "Rita Mago",
    "María": "Mari Maruca", "Mariya": "Masha", "Mary": "Molly Polly Mae", "Matthew": "Matt", "Maurice": "Moe",
    "Melissa": "Missy Mel", "Mercedes": "Meche", "Michael": "Mike Mickey Mick", "Michelle": "Shelly",
    "Miguel": "Mike Miguelito", "Mikhail": "Misha", "Mohammed": "Mo", "Nancy": "Nan", "Natalya": "Natasha",
    "Nathan": "Nate", "Nathaniel": "Nate Nat", "Nicholas": "Nick Nicky", "Nicole": "Nikki", "Nikolai": "Kolya",
    "Pamela": "Pam", "Patricia": "Pat Patty Trish", "Patrick": "Pat Paddy", "Pavel": "Pasha", "Pedro": "Perico Pete",
    "Peter": "Pete", "Philip": "Phil", "Rachel": "Rae", "Rafael": "Rafa", "Ramón": "Moncho", "Raymond": "Ray",
    "Rebecca": "Becky Becca", "Reginald": "Reggie", "Ricardo": "Rick Richie", "Richard": "Dick Rick Rich Richie",
    "Robert": "Bob Rob Bobby Robbie Bert", "Roberto": "Beto Bob", "Ronald": "Ron Ronnie", "Rosa": "Rosita",
    "Samantha": "Sam", "Samuel": "Sam Sammy", "Sandra": "Sandy", "Sarah": "Sally Sadie", "Sergei": "Seryozha",
    "Stephanie": "Steph", "Stephen": "Steve", "Steven": "Steve", "Susan": "Sue Susie", "Svetlana": "Sveta",
    "Tatyana": "Tanya", "Teresa": "Tere", "Terrence": "Terry", "Thomas": "Tom Tommy", "Timothy": "Tim Timmy",
    "Tomasz": "Tomek", "Vicente": "Chente", "Victoria": "Vicky Tori", "Viktor": "Vitya", "Vladimir": "Vova Volodya",
    "William": "Bill Will Billy Willie Liam", "Wolfgang": "Wolf", "Xavier": "Zay", "Yekaterina": "Katya",
    "Yelena": "Lena", "Yevgeny": "Zhenya", "Yolanda": "Yoli", "Youssef": "Joe", "Yuliya": "Yulia", "Yuri": "Yura",
    "Zachary": "Zach Zack",
}  # fmt: skip
