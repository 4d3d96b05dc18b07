"""The forum: who reads what, what waits, votes and answers, changes, reports, moving and merging, what is kept."""

from __future__ import annotations

import re

import pytest

from core.data import db, people
from support.things.forums import module, place, post, topic

OPEN_LEVELS = {"any": {"label": "Any", "links": 2, "posts_per_hour": 5, "topics_per_day": 3, "counts": True}}


@pytest.fixture
def inside(portal_inside):
    return portal_inside({"features": {"forums": {"enabled": True}}})


@pytest.fixture
def trusting(portal_inside):
    """Nobody waits here."""
    return portal_inside({"features": {"forums": {"enabled": True, "votes": "both", "hide_after": 2,
                                                  "levels": OPEN_LEVELS}}})


def path(row):
    return f"/forums/TOP-{row.number:03d}"


def ids(page):
    return re.findall(r'<li class="post[^>]*data-post="([^"]+)"', page.text)


def bell(inside, who):
    inside.work()
    return inside.client(who).get("/notifications").text


def test_what_newcomers_write_waits_and_leaves_no_trace_until_somebody_has_looked(inside):
    where = place(inside)
    thread = topic(inside, where, "agent", "Hello")
    own, stranger, agent = (inside.client(one) for one in ("own", "stranger", "agent"))
    before = stranger.get(path(thread)).text
    sent = own.post(f"{path(thread)}/reply", {"body": "canary-waits @ana-trujillo"})
    assert sent.status == 303
    assert "canary-waits" in own.get(path(thread)).text
    after = stranger.get(path(thread)).text
    assert re.sub(r'value="[\w-]{22}"', "", after) == re.sub(r'value="[\w-]{22}"', "", before)
    assert "canary-waits" not in stranger.get("/search?q=waits").text + stranger.get("/forums").text
    api = inside.client("stranger", token=True)
    assert len(api.get(f"/api/v1/topics/{thread.number}/messages").json["items"]) == 1
    assert "canary" not in bell(inside, "stranger") + str(inside.letters_to("stranger@example.com"))
    identity = sent.location.partition("#m-")[2]
    assert stranger.get(f"/posts/{identity}").status == 404
    assert stranger.post(f"/posts/{identity}/vote", {"vote": "1"}).status == 404
    assert "canary-waits" in agent.get("/moderation").text
    for _twice in range(2):
        agent.post(f"/posts/{identity}/judge", {"verdict": "approve", "back": "queue"})
    assert "canary-waits" in stranger.get(path(thread)).text
    assert "Thomas Hardy answered in Hello" in bell(inside, "agent")  # who wrote it, not who approved it
    assert "canary-waits" not in agent.get("/moderation").text
    assert "in sight" in bell(inside, "own")
    assert [row.replies for row in [_topic(inside, thread)]] == [1]


def _topic(inside, row):
    with inside.scope("acme"):
        return module("reading").parlour.find("topic", row.number)


@pytest.mark.engines("sqlite")
def test_a_new_topic_of_a_newcomer_is_theirs_and_the_teams_alone_until_approved(inside):
    place(inside, wanted="public")
    own = inside.client("own")
    made = own.post("/forums/new", {"place": "general", "title": "First canary", "body": "Hello"}).location
    assert own.get(made).status == 200
    for who in (inside.guest(), inside.client("boss"), inside.client("stranger")):
        assert who.get(made).status == 404
        assert "canary" not in who.get("/forums/general").text
    identity = ids(own.get(made))[0]
    inside.client("agent").post(f"/posts/{identity}/judge", {"verdict": "approve"})
    assert "First canary" in inside.guest().get("/forums/general").text
    inside.client("agent").post(f"/posts/{identity}/judge", {"verdict": "hide"})
    assert inside.guest().get(made).status == 404
    assert "canary" not in inside.guest().get("/forums/general").text
    assert own.get(made).status == 404


@pytest.mark.engines("sqlite")
def test_readers_of_a_category_are_those_of_its_topics_also_after_it_changes(trusting):
    horn = place(trusting, title="Horn", wanted="company", companies=("horn",))
    canary = topic(trusting, horn, "stranger", "Canary of Horn")
    with trusting.scope("acme"):
        ana = people.by_address("stranger@example.com")
    shut = [trusting.guest(), trusting.client("own"), trusting.client("other")]
    for who in shut:
        assert who.get(path(canary)).status == who.get("/forums/horn").status == 404
        assert "anary" not in who.get("/forums").text
    assert trusting.client("horn_boss").get(path(canary)).status == 200
    with trusting.scope("acme"):
        people.leave(ana.id, people.company("horn").id)
    assert trusting.client("stranger").get(path(canary)).status == 404, "who left the company"
    agent = trusting.client("agent")
    form = {"title": "Horn", "slug": "horn", "wanted": "public", "starts": "everyone", "position": "0"}
    assert agent.post(f"/forums/categories/{horn.number}", form).status == 303
    assert trusting.guest().get(path(canary)).status == 200
    agent.post(f"/forums/categories/{horn.number}", form | {"wanted": "staff"})
    assert [who.get(path(canary)).status for who in (*shut, trusting.client("horn_boss"))] == [404] * 4
    bad = agent.post(f"/forums/categories/{horn.number}", form | {"wanted": "company"})
    assert bad.status == 422


@pytest.mark.engines("sqlite")
def test_votes_reactions_and_the_answer_count_once_per_person_and_only_from_readers(trusting):
    where = place(trusting)
    thread = topic(trusting, where, "own", "How?")
    reply = post(trusting, thread, "stranger", "Like this.")
    own, boss = trusting.client("own"), trusting.client("boss")
    key = "a" * 22
    for _twice in range(3):
        boss.post(f"/posts/{thread.opening}/vote", {"vote": "1", "_once": key})
        boss.post(f"/posts/{thread.opening}/vote", {"vote": "1"})
    assert own.post(f"/posts/{thread.opening}/vote", {"vote": "1"}).status == 403
    assert _topic(trusting, thread).score == 1
    boss.post(f"/posts/{thread.opening}/vote", {"vote": "-1"})
    assert _topic(trusting, thread).score == -1
    assert boss.post(f"/posts/{thread.opening}/vote", {"vote": "7"}).status == 422
    boss.post(f"/posts/{reply.public_id}/react", {"react": "like"})
    assert re.search(r'id="r-like-[^>]*>.*?</span> 1', own.get(path(thread)).text)
    boss.post(f"/posts/{reply.public_id}/react", {"react": "-like"})
    assert not re.search(r'id="r-like-[^>]*>.*?</span> 1', own.get(path(thread)).text)
    assert boss.post(f"/posts/{reply.public_id}/react", {"react": "nothing"}).status == 422
    assert boss.post(f"{path(thread)}/accept", {"post": reply.public_id}).status == 403
    assert own.post(f"{path(thread)}/accept", {"post": reply.public_id}).status == 303
    assert (_topic(trusting, thread).state, _topic(trusting, thread).category) == ("answered", "resolved")
    assert "What helped" in boss.get(path(thread)).text
    assert "Your answer helped" in bell(trusting, "stranger")
    other = topic(trusting, where, "own", "Another")
    assert own.post(f"{path(other)}/accept", {"post": reply.public_id}).status == 404, "a post of another topic"


@pytest.mark.engines("sqlite")
def test_changes_stay_readable_as_a_difference_and_can_be_forgotten(trusting):
    thread = topic(trusting, place(trusting), "own", "Title", "The serial is **4711** here.")
    own, stranger, agent = (trusting.client(one) for one in ("own", "stranger", "agent"))
    at = f"/posts/{thread.opening}"
    assert stranger.post(f"{at}/edit", {"body": "hijacked"}).status == 403
    assert own.post(f"{at}/edit", {"body": "The serial is **0815** here. <script>x()</script>"}).status == 303
    page = stranger.get(path(thread)).text
    assert "0815" in page
    assert "4711" not in page
    assert "<script>x" not in page
    history = stranger.get(f"{at}/history").text
    assert re.search(r"<del>.*4711", history)
    assert re.search(r"<ins>.*0815", history)
    assert stranger.post(f"{at}/history", {"wording": "1"}).status == 404
    wording = re.search(r'name="wording" value="(\d+)"', agent.get(f"{at}/history").text)[1]
    agent.post(f"{at}/history", {"wording": wording})
    assert "4711" not in agent.get(f"{at}/history").text
    assert _topic(trusting, thread).touched == thread.touched, "changing a post moves nothing up"


@pytest.mark.engines("sqlite")
def test_what_was_written_while_it_waited_stays_with_its_author_and_the_team(inside):
    thread = topic(inside, place(inside), "agent", "Hello")
    own, stranger, agent = (inside.client(one) for one in ("own", "stranger", "agent"))
    sent = own.post(f"{path(thread)}/reply", {"body": "canary-spam"})
    at = f"/posts/{sent.location.partition('#m-')[2]}"
    own.post(f"{at}/edit", {"body": "Harmless"})
    agent.post(f"{at}/judge", {"verdict": "approve"})
    assert "Harmless" in stranger.get(path(thread)).text
    assert "canary-spam" not in stranger.get(f"{at}/history").text
    assert all("canary-spam" in who.get(f"{at}/history").text for who in (own, agent))


@pytest.mark.engines("sqlite")
def test_a_newcomers_topic_waits_again_with_another_title(inside):
    thread = topic(inside, place(inside), "own", "Hello")
    own, stranger, agent = (inside.client(one) for one in ("own", "stranger", "agent"))
    assert own.post(f"{path(thread)}/edit", {"title": "BUY canary"}).status == 303
    assert own.get(path(thread)).status == 200
    assert stranger.get(path(thread)).status == 404
    assert "/posts/" + thread.opening in agent.get("/moderation").text
    agent.post(f"/posts/{thread.opening}/judge", {"verdict": "approve"})
    assert stranger.get(path(thread)).status == 200


@pytest.mark.engines("sqlite")
def test_reports_of_trusted_people_hide_a_post_until_the_team_has_looked(trusting):
    thread = topic(trusting, place(trusting), "own", "Title")
    reply = post(trusting, thread, "colleague", "canary-rude")
    own, stranger, boss = (trusting.client(one) for one in ("own", "stranger", "boss"))
    for who in (own, own, stranger):
        who.post(f"/posts/{reply.public_id}/report", {"reason": "rude", "note": "Please look"})
        seen = "canary-rude" in boss.get(path(thread)).text
        assert seen is (who is own)
    assert "Please look" in trusting.client("agent").get("/moderation").text
    assert _topic(trusting, thread).replies == 0
    trusting.client("agent").post(f"/posts/{reply.public_id}/judge", {"verdict": "approve"})
    assert "canary-rude" in boss.get(path(thread)).text
    assert trusting.client("colleague").post(f"/posts/{reply.public_id}/report", {"reason": "rude"}).status == 403


@pytest.mark.engines("sqlite")
def test_what_is_too_much_at_once_is_refused_with_the_time_to_wait_and_kept(trusting):
    where = place(trusting)
    thread = topic(trusting, where, "agent", "Title")
    own = trusting.client("own")
    links = own.post(f"{path(thread)}/reply", {"body": "www.a.example http://b.example [c](https://c.example)"})
    assert links.status == 422
    assert "2 links" in links.text
    sent = trusting.parallel(*[lambda: trusting.client("own").post(f"{path(thread)}/reply", {"body": "x"})] * 8)
    assert sorted(answer.status for answer in sent) == [303] * 5 + [429] * 3
    late = own.post(f"{path(thread)}/reply", {"body": "kept-canary"})
    assert late.status == 429
    assert 0 < int(late.headers["retry-after"]) <= 3600
    assert "kept-canary" in own.get(path(thread)).text
    assert "kept-canary" in own.get("/unsent").text
    assert "kept-canary" not in trusting.client("colleague").get("/unsent").text


@pytest.mark.engines("sqlite")
def test_drafts_survive_without_scripts_and_are_gone_once_sent(trusting):
    thread = topic(trusting, place(trusting), "agent", "Title")
    own = trusting.client("own")
    draft = f"posts/topic/{thread.number}"
    assert own.post("/unsent", {"draft": draft, "body": "half a thought", "act": "keep"}).status == 303
    again = trusting.client("own")
    assert "half a thought" in again.get(path(thread)).text
    quoted = again.get(f"{path(thread)}?quote={thread.opening}").text
    assert "half a thought" in quoted
    assert "&gt; Contract" in quoted
    again.post(f"{path(thread)}/reply", {"body": "half a thought, whole now", "to": thread.opening})
    assert "half a thought" not in re.search(r"<textarea.*?</textarea>", again.get(path(thread)).text, re.S)[0]
    assert "to Ben Agent" in again.get(path(thread)).text


@pytest.mark.engines("sqlite")
def test_following_muting_and_mentions_tell_only_who_may_read(trusting):
    where = place(trusting, title="Alfreds", wanted="company", companies=("alfreds",))
    thread = topic(trusting, where, "own", "Canary plan")
    trusting.client("boss").post(f"/watch/FOR-{where.number:03d}", {"how": "watch"})
    assert trusting.client("stranger").post(f"/watch/TOP-{thread.number:03d}", {"how": "watch"}).status == 404
    trusting.client("agent").post(f"{path(thread)}/reply", {"body": "Ask @ana-trujillo, @elke-sommer or `@own`"})
    assert "Canary" not in bell(trusting, "stranger")
    assert "mentioned you" in bell(trusting, "colleague")
    assert "answered in Canary plan" in bell(trusting, "boss")
    page = trusting.client("own").get(path(thread)).text
    assert '<bdi class="mention">@Elke Sommer</bdi>' in page
    trusting.client("boss").post(f"/watch/TOP-{thread.number:03d}", {"how": "mute"})
    before = bell(trusting, "boss").count("answered in Canary plan")
    trusting.client("agent").post(f"{path(thread)}/reply", {"body": "Once more"})
    assert bell(trusting, "boss").count("answered in Canary plan") == before


def test_topics_are_closed_moved_split_and_merged_with_all_that_hangs_on_their_posts(trusting):
    where, staff = place(trusting), place(trusting, title="Team", wanted="staff")
    thread = topic(trusting, where, "own", "One")
    second = post(trusting, thread, "stranger", "Second canary")
    own, agent = trusting.client("own"), trusting.client("agent")
    own.post(f"/posts/{second.public_id}/vote", {"vote": "1"})
    agent.post(f"{path(thread)}/desk", {"act": "lock"})
    assert own.post(f"{path(thread)}/reply", {"body": "More"}).status == 409
    assert own.post(f"/posts/{thread.opening}/edit", {"body": "More"}).status == 403
    agent.post(f"{path(thread)}/desk", {"act": "unlock"})
    made = agent.post(f"{path(thread)}/split", {"title": "Two", "place": "general", "posts": second.public_id})
    assert made.status == 303
    assert "Second canary" not in own.get(path(thread)).text
    assert "Second canary" in own.get(made.location).text
    assert own.get(f"/posts/{second.public_id}").location.startswith(made.location)
    agent.post(f"{path(thread)}/reply", {"body": "so **bold**"})
    choose = agent.get(f"/merge/topics/{thread.number}").text
    assert "Its number, or words of it." in choose and "customer." not in choose  # it belongs to nobody
    second_bar = choose.split('class="second"')[1].split("</nav>")[0]
    assert 0 < second_bar.index("/moderation") < second_bar.index("/people")  # what waits is not under "More"
    ask = agent.get(f"/merge/topics/{thread.number}?other={made.location.rpartition('/')[2]}").text
    assert "<strong>bold</strong>" in ask and "**bold**" not in ask
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', ask))
    done = agent.post(f"/merge/topics/{thread.number}", fields)
    assert done.status == 303
    assert own.get(made.location).location == path(thread)
    assert "Second canary" in own.get(path(thread)).text
    assert re.search(r'<b class="score">1<', own.get(path(thread)).text), "the vote came along"
    agent.post(f"{path(thread)}/desk", {"act": "move", "place": "team"})
    assert own.get(path(thread)).status == 404
    assert staff.wanted == "staff"


@pytest.mark.engines("sqlite")
def test_nobody_sets_what_is_not_theirs_and_strangers_see_names_alone(trusting):
    where = place(trusting, wanted="public")
    own = trusting.client("own")
    sent = own.post("/forums/new", {
        "place": "general", "title": "Mine", "body": "Hello", "pinned": "1", "author": "1", "audience": "staff",
        "score": "99", "person": "1", "locked": "true", "held": "", "tags": "planned"})
    row = _topic(trusting, type("Row", (), {"number": int(sent.location.rpartition("-")[2])}))
    assert (row.pinned, row.score, row.locked, row.audience) == (0, 0, False, "public")
    assert row.author == trusting.person("own").id
    with trusting.scope("acme"):
        module("labels").add("Planned", "planned", team=True)
    wrong = own.post(f"{sent.location}/edit", {"title": "Mine", "tags": "planned"})
    assert _topic(trusting, row).tags == [], wrong.status
    for who in (trusting.guest(), trusting.client("stranger")):
        page = who.get(sent.location).text
        assert "Thomas Hardy" in page
        assert "own@example.com" not in page
        assert "Alfreds Futterkiste" not in page.partition('id="conversation"')[2].partition("</ol>")[0]
    assert "Alfreds Futterkiste" in trusting.client("agent").get(sent.location).text
    assert where.wanted == "public"


@pytest.mark.engines("sqlite")
def test_a_page_of_a_topic_and_a_list_ask_the_database_as_often_for_many_as_for_few(trusting):
    where = place(trusting)
    thread = topic(trusting, where, "agent", "Long")
    own = trusting.client("own")

    def asked(address):
        own.get(address)
        db.count_statements(db.db.obj) if not db.db.obj.query_hooks else None
        before = db.statements
        assert own.get(address).status == 200
        return db.statements - before

    key = trusting.client("own", token=True)

    def listed():
        key.get("/api/v1/topics")
        before = db.statements
        items = key.get("/api/v1/topics").json["items"]
        assert all(one["author"] and one["place"] == "general" for one in items)
        return len(items), db.statements - before

    few = [asked(path(thread)), asked("/forums/general")]
    topic(trusting, where, "agent", "Another")
    (two, at_first) = listed()
    for number in range(30):
        post(trusting, thread, "stranger", f"Post {number}")
    for number in range(5):
        topic(trusting, where, "own", f"Topic {number}")
    assert "Post 29" in own.get(f"{path(thread)}?page=2").text
    assert "Post 29" not in own.get(f"{path(thread)}?page=1").text
    for number in range(5):
        topic(trusting, where, "stranger", f"Theirs {number}")
    many = [asked(f"{path(thread)}?page=1"), asked("/forums/general")]
    (twelve, in_the_end) = listed()
    assert (two, twelve) == (2, 12) and in_the_end <= at_first
    assert all(late <= early + 2 for early, late in zip(few, many, strict=True)), (few, many)
    assert max(many) <= 30


@pytest.mark.engines("sqlite")
def test_a_topic_becomes_a_ticket_or_an_article_and_each_shows_the_other(portal_inside):
    inside = portal_inside({"features": {"forums": True, "tickets": True, "kb": True}})
    thread = topic(inside, place(inside), "own", "How to clean it?", "With **what**?")
    reply = post(inside, thread, "stranger", "With a brush.")
    own, agent = inside.client("own"), inside.client("agent")
    own.post(f"{path(thread)}/accept", {"post": reply.public_id})
    assert "How to clean it?" in own.get(f"/tickets/new?about=TOP-{thread.number:03d}").text
    sent = own.post("/tickets/new", {"category": "question", "subject": "About it", "body": "Help",
                                     "priority": "normal", "about": f"TOP-{thread.number:03d}"})
    assert sent.location in own.get(path(thread)).text
    assert path(thread) in own.get(sent.location).text
    assert sent.location not in inside.client("stranger").get(path(thread)).text, "a ticket is its company's"
    editor = agent.get(f"/content/new?about=TOP-{thread.number:03d}").text
    assert "With a brush." in editor
    assert "With **what**?" in editor
    made = agent.post("/content/new", {"title": "Cleaning", "source": "With a brush.", "act": "draft", "in": "en",
                                       "about": f"TOP-{thread.number:03d}"})
    assert path(thread) in agent.get(made.location).text
    assert "Cleaning" in agent.get(path(thread)).text
    assert "Cleaning" not in own.get(path(thread)).text, "a draft is the team's"
    link = re.search(r'href="(/kb/ART-\d+)"', agent.get(path(thread)).text)[1]
    assert agent.get(link).location.startswith("/content/ART-")
    assert own.get("/content/new?about=TOP-001").status == 404


@pytest.mark.engines("sqlite")
def test_many_topics_are_moved_at_once_and_back_and_a_list_goes_out_as_it_is(trusting):
    where = place(trusting)
    threads = [topic(trusting, where, "own", f"Topic {number}") for number in range(3)]
    out = trusting.client("own").post("/export/topics", {"format": "csv", "columns": ["number", "title", "score"]})
    assert out.status == 200 and "Topic 2" in out.text
    assert "Topic" not in trusting.client("other").post("/export/topics", {"columns": ["title"]}).text
    picked = {"pick": [str(row.number) for row in threads], "list.place": "general"}
    assert trusting.client("agent").post("/bulk/topics", picked).status in (200, 303)
