"""Which part of a romanised personal name is the surname."""

SURNAME_FIRST = frozenset({"CHN", "KOR", "PRK", "TWN", "VNM", "SGP", "KHM"})

# Chinese and Korean surnames in the spellings of the press. A bare one of these means somebody only after the
# full name, or with a title.
EAST_ASIAN = frozenset(
    """Ahn An Bae Baek Bai Ban Bang Bu Byun Cai Cao Cha Chae Chang Chao Che Chen Cheng Cheong Chi Chia Chiang Chien
    Chin Chiu Cho Choe Choi Chon Chong Chou Chow Chu Chun Chung Cui Dai Deng Ding Dong Du Duan Eom Fan Fang Feng
    Fu Fung Gao Geng Gong Gu Guo Ha Ham Han Hao He Heo Ho Hong Hou Hsiao Hsieh Hsu Hu Hua Huang Hung Huh Hwang
    Hyon Hyun Im Jang Jeon Jeong Ji Jia Jiang Jin Jing Jo Jon Joo Ju Jun Jung Kang Ke Kho Kil Kim Ko Koh Kong
    Koo Ku Kuan Kung Kuo Kwak Kwon Lai Lam Lau Lee Lei Leung Li Lian Liang Liao Lien Lim Lin Ling Liu Lo Loh Lou
    Lu Luo Lyu Ma Maeng Mao Meng Min Mo Moon Mu Mun Na Nam Ni Nie No Noh Ns Oh Ok Ong Ou Paek Pak Pan Pang Park
    Pei Peng Pu Pyo Qian Qiang Qiao Qin Qiu Qu Rao Ren Ri Rim Ro Roh Rong Ryang Ryom Ryong Ryu Seo Seok Shao
    Shen Sheng Sheu Shi Shih Shin Shu Si Sim Sin Sinn So Sohn Son Song Su Suh Sun Sung Tae Tai Tan Tang Tao Teng
    Thae Tian Tien To Tong Tsai Tsang Tsao Tseng Tso Tsui Tu Tung U Um Wan Wang Wei Wen Weng Won Woo Wu Xi Xia
    Xiang Xiao Xie Xing Xiong Xu Xue Yan Yang Yao Ye Yeh Yen Yeo Yeom Yi Yim Yin Ying Yon Yoo Yoon You Yu Yuan
    Yue Yun Zeng Zha Zhai Zhan Zhang Zhao Zheng Zhong Zhou Zhu Zhuang Zou Zuo""".split()  # noqa: SIM905 (a list of 250 strings reads worse)
)

# Surnames that are also English words or very common: alone they mean nobody until the full name was read.
COMMON = EAST_ASIAN | frozenset(
    """Abe Bush Brown Johnson May Price Rice Austin Carter Perry Cook Green Hope King Young Smith Wilson Baker Ford
    Bird Grant Marshall Power Rich Rose Wood Woods Moon Milley Ross Burns Kerry Campbell Bolton Mori Ito Kato
    Kono Aso Hun Singh Sharma Nguyen Khan Ali Ivanov Petrov Turner Graham Rubio Miller Clark Hunt Best Gates Day
    Short Singh Sato Suga Tanaka Yamada Suzuki Takahashi Watanabe Nakamura Kobayashi Hayashi Motegi Onodera
    Kihara Ishii Kimura Inoue""".split()  # noqa: SIM905
)


def surname_of(name: str, state: str) -> str:
    """The surname in a full name as the press of that state's language area writes it in English.

    Chinese, Korean and Vietnamese names put it first ("Xi Jinping"), unless a Western given name leads ("Joseph Wu");
    others put it last, with a particle kept ("von der Leyen" gives "von der Leyen").
    """
    words = name.split()
    if len(words) == 1:
        return name
    if state in SURNAME_FIRST and (words[0] in EAST_ASIAN or words[-1] not in EAST_ASIAN):
        return words[0]
    for position, word in enumerate(words[1:], start=1):
        if word.islower():
            return " ".join(words[position:])
    return words[-2] if words[-1] in {"Jr.", "Jr", "II", "III", "Sr."} else words[-1]


def variants(name: str, state: str) -> tuple[str, ...]:
    """Other spellings of a full name: Korean and Taiwanese given names with and without hyphen, Japanese surname first.

    "Kim Jong-un" gives "Kim Jong Un", "Kim Jong-Un" and "Kim Jongun"; "Shinzo Abe" gives "Abe Shinzo".
    """
    words = name.split()
    if state == "JPN" and len(words) == 2:  # noqa: PLR2004 (given name and surname)
        return (f"{words[1]} {words[0]}",)
    if state in {"KOR", "PRK", "TWN"} and len(words) == 2 and words[1].count("-") == 1:  # noqa: PLR2004 (the same)
        first, second = words[1].split("-")
        capital = second.capitalize()
        return tuple(f"{words[0]} {given}" for given in (f"{first} {capital}", f"{first}-{capital}", first + second))
    return ()
