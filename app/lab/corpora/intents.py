"""Intents: what a customer of a small online shop wants, in one short line."""

from __future__ import annotations

from random import Random

from app.lab.corpora.grammar import Grammar, Sentence, capitalise
from app.lab.corpora.templates import fill

__all__ = ["GRAMMAR"]

_SLOTS = {
    "item": (
        "teapot",
        "lamp",
        "coat",
        "kettle",
        "blanket",
        "radio",
        "backpack",
        "desk",
        "mirror",
        "umbrella",
    ),
    "other": ("vase", "chair", "scarf", "toaster", "pillow", "clock", "suitcase", "shelf"),
    "colour": ("red", "blue", "green", "grey", "yellow"),
    "time": ("a week ago", "on Monday", "last month", "yesterday", "ten days ago", "on the third of May"),
    "place": ("Leeds", "Dublin", "Cardiff", "Bristol", "Glasgow", "York"),
    "far": ("Norway", "Canada", "Japan", "Chile", "Iceland"),
    "card": ("card", "credit card", "debit card", "bank card"),
    "order": ("order", "parcel", "delivery", "package"),
    "money": ("twelve pounds", "forty pounds", "ninety pounds", "five pounds"),
}
_OPENERS = ("", "", "", "hello, ", "hi there, ", "good morning, ", "excuse me, ", "sorry to bother you, ")
# a line may also name what it is not about; {other} is a request of another intent
_ASIDES = (
    "never mind that I wrote “{other}”, {request}",
    "{request}, and forget that I wrote “{other}”",
    "you already answered “{other}”, now {request}",
)
_CLOSERS = ("", "", "", ", thank you", ", thanks in advance")

# from the commonest to the rarest; neighbours in meaning share their words on purpose
_INTENTS: dict[str, tuple[str, ...]] = {
    "track_order": (
        "where is the {item} I ordered {time}",
        "can you tell me where my {order} is",
        "has the {item} left the warehouse yet",
        "I would like to follow my {order} to {place}",
        "when will the {item} I ordered {time} get here",
    ),
    "order_late": (
        "the {item} I ordered {time} should have been here by now",
        "my {order} was due {time} and is still not here",
        "I am still waiting for the {item} I ordered {time}",
        "why has my {order} to {place} not come yet",
        "the {item} is late, it was due {time}",
    ),
    "return_item": (
        "I want to send the {item} back",
        "how do I return a {item} I bought {time}",
        "the {item} is not for me, can I return it",
        "where do I send the {colour} {item} I no longer want",
        "I bought the {item} {time} and want to give it back",
    ),
    "refund_status": (
        "I sent the {item} back {time}, where is my money",
        "when will I get my money for the {item} I returned",
        "the refund for the {item} has not come yet",
        "I returned the {item} {time} and still wait for the refund",
        "has my refund of {money} been sent",
    ),
    "request_refund": (
        "I want my money back for the {item}",
        "please refund the {item} I bought {time}",
        "can I have a refund of {money} for the {item}",
        "the {item} is no good, give me my money back",
        "I would like a refund for my {order}",
    ),
    "cancel_order": (
        "I want to cancel the {item} I ordered {time}",
        "please stop my {order}, I no longer want it",
        "cancel my {order} to {place}",
        "can I still cancel the {colour} {item}",
        "do not send the {item} I ordered, I changed my mind",
    ),
    "change_order": (
        "can I change the {item} I ordered for a {other}",
        "I ordered a {item} but would rather have a {other}",
        "please send a {colour} {item} and not the one I ordered {time}",
        "add a {other} to the {item} I ordered {time}",
        "can I still change the colour of the {item} to {colour}",
    ),
    "wrong_item": (
        "I ordered a {item} but got a {other}",
        "you sent me a {other} and not the {item} I ordered",
        "the {item} that came is {colour}, that is not what I ordered",
        "there is a {other} in my {order}, I never ordered one",
        "this is not the {item} I ordered {time}",
    ),
    "damaged_item": (
        "the {item} came broken",
        "there is a crack in the {item} I got {time}",
        "my {order} was crushed and the {item} is broken",
        "the {colour} {item} arrived with a hole in it",
        "the {item} stopped working {time}",
    ),
    "missing_item": (
        "the {item} was not in my {order}",
        "I ordered a {item} and a {other} but only the {other} came",
        "my {order} came without the {item}",
        "half of my {order} is missing",
        "the box was empty, there was no {item} in it",
    ),
    "change_address": (
        "I have moved to {place}, please change my address",
        "send the {item} to my new address in {place}",
        "can my {order} go to {place} and not to {place}",
        "how do I change the address on my {order}",
        "I will be in {place}, can you deliver the {item} there",
    ),
    "card_declined": (
        "my {card} was declined for the {item}",
        "why can I not pay for the {item} with my {card}",
        "your shop will not take my {card}",
        "I tried to pay {money} and my {card} was refused",
        "the payment for my {order} did not go through",
    ),
    "charged_twice": (
        "you took {money} from my {card} twice",
        "I paid twice for one {item}",
        "my {card} was charged two times for the same {order}",
        "there are two payments of {money} for one {item}",
        "why did I pay for the {item} again {time}",
    ),
    "payment_methods": (
        "can I pay for the {item} with a {card}",
        "which cards does your shop take",
        "can I pay {money} now and the rest later",
        "do you take a {card} from {far}",
        "is it possible to pay for my {order} in cash",
    ),
    "delivery_cost": (
        "how much is delivery to {place}",
        "what do I pay to have a {item} sent to {place}",
        "is delivery of a {item} free",
        "why does it cost {money} to send a {item}",
        "do I pay less if the {item} and the {other} come together",
    ),
    "delivery_abroad": (
        "do you deliver to {far}",
        "can you send a {item} to {far}",
        "I live in {far}, can I order a {item}",
        "how long does a {order} to {far} take",
        "is it possible to have the {item} sent abroad",
    ),
    "in_stock": (
        "is the {item} in stock in {colour}",
        "when will you have the {colour} {item} again",
        "do you still sell the {colour} {item}",
        "how many of the {item} are left",
        "your page says the {item} is sold out, is it",
    ),
    "price_match": (
        "I saw the same {item} for {money} elsewhere",
        "a shop in {place} sells the {item} for less",
        "will you match a price of {money} for the {item}",
        "why is your {item} dearer than in {place}",
        "the {item} was {money} less {time}, can I have that price",
    ),
    "use_voucher": (
        "my voucher for {money} does not work",
        "how do I use a voucher for the {item}",
        "can I pay for the {item} with two vouchers",
        "I forgot to use my voucher on the {order} I placed {time}",
        "is my voucher for {money} still good",
    ),
    "forgot_password": (
        "I cannot sign in, I forgot my password",
        "what is my password, I last used it {time}",
        "please send me a new password, mine is lost",
        "I do not remember the password I set {time}",
        "I am locked out of my account since {time}",
    ),
    "change_password": (
        "I want to change my password",
        "how do I set a new password for my account",
        "someone in {place} knows my password, I want another",
        "where on your page can I change the password I set {time}",
        "is it possible to use a shorter password for my account",
    ),
    "close_account": (
        "please close my account",
        "I want to delete my account and all my data",
        "I have not used my account since {time}, take it down",
        "how do I leave your shop for good",
        "remove my {card} and my account from your page",
    ),
    "gift_wrap": (
        "can you wrap the {item} as a present",
        "the {item} is a gift, please leave the price out",
        "please add a card with a note to the {item}",
        "how much is gift wrapping for a {colour} {item}",
        "it is a present, can the {item} come in {colour} paper",
    ),
    "speak_to_person": (
        "I want to speak to a person about my {order}",
        "is there a number I can call about the {item}",
        "can someone in {place} call me back",
        "stop these answers and give me a human about the {item}",
        "who can I talk to about the {order} I placed {time}",
    ),
}


def _write(random: Random, label: int) -> Sentence:
    request = _request(random, label)
    if random.random() < 0.3:
        other = (label + 1 + random.randrange(len(_INTENTS) - 1)) % len(_INTENTS)
        aside = {"request": (request,), "other": (_request(random, other),)}
        return capitalise(fill(random, random.choice(_ASIDES), aside)), "names another request too"
    return capitalise(random.choice(_OPENERS) + request + random.choice(_CLOSERS)), "one request"


def _request(random: Random, label: int) -> str:
    return fill(random, random.choice(tuple(_INTENTS.values())[label]), _SLOTS)


GRAMMAR = Grammar(
    question="What does this customer want?",
    description=(
        f"Short lines to an online shop, with {len(_INTENTS)} intents. The commonest occurs seven times "
        "as often as the rarest. Neighbours in meaning share their words: “I want my money back for the "
        "lamp” asks for a refund, “I sent the lamp back, where is my money” asks what became of one; "
        "“Can I pay with a card?” is a question, “Why can I not pay with my card?” is a complaint. "
        "Three lines in ten also name a request that is settled."
    ),
    labels=tuple(_INTENTS),
    # Zipf's law, flattened so that the rarest intent can still be learnt and measured
    weights=tuple(1 / (rank + 4) for rank in range(len(_INTENTS))),
    rows=(4000, 800, 1600),
    noise=0.05,
    write=_write,
)
