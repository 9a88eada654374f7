"""Passwords of at least eight characters that stand at the top of every published list of leaks."""

from typing import Final

COMMON: Final = frozenset(
    """
    00000000 0123456789 0987654321 100000000 10203040 102030405060 11111111 111111111
    1111111111 11112222 11223344 1122334455 112233445566 12121212 12123434 123123123
    123123123123 123123456 12312312 1231234567 12341234 12344321 123443210 12345678 123456780
    123456781 123456789 1234567890 12345678900 123456789a 123456789q 12345678910 1234567891
    123456abc 12345abc 12345qwert 1234abcd 1234qwer 123654789 123698745 123abc123 123qweasd
    123qwe123 12qwaszx 13131313 13579111 135792468 147258369 14725836 147852369 147896325
    1234554321 159357456 159753456 15935746 1g2w3e4r 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx
    1qaz2wsx3edc 1qazxsw2 20202020 21212121 22222222 23232323 25252525 31415926 33333333
    44444444 55555555 66666666 741852963 77777777 789456123 87654321 88888888 963852741
    987654321 9876543210 99999999 999999999 a1234567 a12345678 a123456789 a1b2c3d4 a1b2c3d4e5
    aa123456 aa12345678 aaaaaaaa abc12345 abc123456 abcd1234 abcd12345 abcdefgh abcdefg1
    abcdef123 access14 access123 adgjmptw admin123 admin1234 admin12345 adminadmin
    administrator alexander alexandra andromeda anderson angelica arsenal1 asdasdasd asdf1234
    asdfasdf asdfghjk asdfghjkl asdf12345 asdfjkl; asdqwe123 asshole1 babygirl1 babygirl
    barcelona baseball baseball1 basketball bearbear beautiful benjamin blink182 bluebird
    brooklyn butterfly california cardinal carolina caroline changeme changeme1 changeme123
    charlie1 charlotte cheyenne chocolate christian christina christine christopher cocacola
    computer computer1 courtney creative danielle december default1 dolphins dragon123
    dragonball drowssap einstein elephant elizabeth fernando firebird football football1
    forever1 franklin freedom1 friends1 gabriela garfield godzilla goldfish handball hardcore
    harley01 hello123 helloworld hellohello iloveyou iloveyou1 iloveyou2 iloveyou! infinity
    internet isabella jackson5 jasmine1 jennifer jessica1 jonathan jordan23 juventus kimberly
    konstantin kristina leonardo letmein1 letmein123 letmein! liverpool liverpool1 lollipop
    loveyou1 lovelove macintosh madison1 manchester marlboro martinez maryjane master123
    matthew1 mercedes metallica michael1 michelle midnight minecraft mitchell monkey123
    monster1 mountain mustang1 mypassword naruto123 nicholas nicole123 november nopassword
    october1 p@ssw0rd p@ssword pa55word pa55w0rd pakistan panther1 paradise passw0rd passw0rd1
    passw0rd! password password! password0 password01 password1 password1! password10
    password11 password12 password123 password1234 password12345 password123! password2
    password2024 password2025 password2026 passwort passwort1 patricia penguin1 personal
    peterpan philippe pokemon1 precious princess princess1 q1w2e3r4 q1w2e3r4t5 qazwsx123
    qazwsxedc qqqqqqqq qwe123qwe qweasdzxc qweqweqwe qwer1234 qwert123 qwerty12 qwerty123
    qwerty1234 qwerty12345 qwerty123456 qwertyui qwertyuiop qwertyuiop123 remember rockstar
    rootroot samantha samsung1 savannah scorpion security september shadow123 simpsons
    snickers snoopy123 soccer12 sometimes something spiderman starwars starwars1 stephanie
    stephen1 strawberry summer01 summer2024 summer2025 summer2026 sunflower sunshine sunshine1
    superman superman1 swordfish taekwondo testing1 testtest test1234 test12345 thailand
    thomas123 tinkerbell trustno1 trustno1! undertaker universal valentina vanessa1 veronica
    victoria volleyball warcraft welcome1 welcome12 welcome123 welcome! westside whatever
    whatever1 william1 wolverine woaini123 woaini1314 wordpass x1234567 yankees1 yourmom1
    yuantuo2012 zaq12wsx zaq1zaq1 zaq1xsw2 zxcvbnm1 zxcvbnm123 zxcvbnm, zxcvbnma zzzzzzzz
    """.split()  # noqa: SIM905 # a quoted list would be four times as long
)
