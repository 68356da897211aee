-- The journal in PostgreSQL, format 1. SCHEMA stands for the quoted name of the schema.
--
-- Rule 1: whoever writes entries locks the one row of `journal` first, so commits become visible in
-- the order of their numbers. A sequence would show 2 before 1.
--
-- Rule 2: `append` is VOLATILE, so each of its statements sees what was committed before it got the
-- lock, and one statement from outside, so no client can pause while it holds it.
--
-- Rule 3: names, effects and documents are bytes (UTF-8): nothing of a database's encoding or
-- collation changes or orders them. To read one: convert_from(stream, 'UTF8').

CREATE TABLE SCHEMA.journal (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch text NOT NULL,
    place text NOT NULL,            -- server, timeline, database and file that the numbers belong to
    file oid NOT NULL,              -- of this table: another one after TRUNCATE or a restore
    n bigint NOT NULL,              -- the newest number
    oldest bigint NOT NULL,         -- entries above it are all kept
    streams bigint NOT NULL,        -- how many have a document
    once bigint NOT NULL            -- how many one-time ids there are
) WITH (fillfactor = 10);

CREATE TABLE SCHEMA.entries (
    n bigint NOT NULL,
    part integer NOT NULL,          -- the order of the entries of one number
    stream bytea NOT NULL,
    before bigint NOT NULL,         -- the stream's entry before; 0 where it had no document
    ends boolean NOT NULL,          -- the stream has no document after it
    effects bytea NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (n, part)
);
CREATE INDEX entries_stream ON SCHEMA.entries (stream, n);

CREATE TABLE SCHEMA.streams (
    stream bytea PRIMARY KEY,
    n bigint NOT NULL,              -- of its last entry
    at timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE SCHEMA.documents (
    stream bytea PRIMARY KEY,
    n bigint NOT NULL,              -- what its entries up to this one add up to
    document bytea NOT NULL
);

CREATE TABLE SCHEMA.seen (
    stream bytea PRIMARY KEY,
    at timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE SCHEMA.once (
    id bytea PRIMARY KEY,
    state text NOT NULL,
    holder bytea NOT NULL,
    until timestamptz NOT NULL,
    outcome bytea NOT NULL,
    n bigint NOT NULL,
    at timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX once_at ON SCHEMA.once (at);

CREATE FUNCTION SCHEMA.format() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';

CREATE FUNCTION SCHEMA.fresh_epoch() RETURNS text LANGUAGE sql VOLATILE AS
$$ SELECT left(replace(gen_random_uuid()::text, '-', ''), 12) $$;

CREATE FUNCTION SCHEMA.place() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat_ws('/',
        (SELECT system_identifier FROM pg_control_system()),
        left(pg_walfile_name(pg_current_wal_lsn()), 8),
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        pg_relation_filenode('SCHEMA.journal'))
$$;

-- Asked by each connection, and where an answer has no epoch: the numbers are those of this server, or there is a new epoch.
CREATE FUNCTION SCHEMA.greet() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    now_here text := SCHEMA.place();
    j SCHEMA.journal;
BEGIN
    SELECT * INTO j FROM SCHEMA.journal;
    IF FOUND AND j.place = now_here THEN
        RETURN j.epoch;
    END IF;
    LOCK TABLE SCHEMA.journal IN EXCLUSIVE MODE;
    INSERT INTO SCHEMA.journal (epoch, place, file, n, oldest, streams, once)
    SELECT SCHEMA.fresh_epoch(), now_here, pg_relation_filenode('SCHEMA.journal'), newest, newest,
        (SELECT count(*) FROM SCHEMA.streams), (SELECT count(*) FROM SCHEMA.once)
    FROM (
        SELECT greatest(
            (SELECT max(n) FROM SCHEMA.entries), (SELECT max(n) FROM SCHEMA.streams),
            (SELECT max(n) FROM SCHEMA.documents), 0) AS newest
    ) AS found
    ON CONFLICT (one) DO UPDATE
        SET epoch = excluded.epoch, place = excluded.place, file = excluded.file
        WHERE journal.place <> excluded.place;
    SELECT * INTO j FROM SCHEMA.journal;
    RETURN j.epoch;
END $$;

-- A worker had seen more than there is: the line was cut, once for all workers.
CREATE FUNCTION SCHEMA.cut(p_epoch text, p_high bigint) RETURNS void LANGUAGE sql VOLATILE AS $$
    UPDATE SCHEMA.journal SET epoch = SCHEMA.fresh_epoch() WHERE epoch = p_epoch AND n < p_high
$$;

CREATE FUNCTION SCHEMA.append(
    p_epoch text, p_high bigint, p_seen bigint, p_far bigint, p_numbers bigint,
    x_stream bytea[], x_n bigint[],
    e_number bigint[], e_stream bytea[], e_before bigint[], e_ends boolean[], e_effects bytea[],
    s_stream bytea[], s_number bigint[], s_begins boolean[], s_ends boolean[],
    o_id bytea[], o_state text[], o_holder bytea[], o_seconds float8[], o_outcome bytea[],
    o_number bigint[], o_takes boolean[],
    p_lifetime float8, p_most bigint,
    OUT verdict text, OUT epoch text, OUT n bigint, OUT oldest bigint,
    OUT numbers bigint[], OUT streams bytea[], OUT effects bytea[],
    OUT t_id bytea[], OUT t_state text[], OUT t_holder bytea[], OUT t_seconds float8[],
    OUT t_outcome bytea[], OUT t_n bigint[]
) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    j SCHEMA.journal;
    clock timestamptz;
    first bigint;
    begun bigint := 0;
    ended bigint := 0;
    claimed bigint := 0;
    freed bigint := 0;
    missing bytea;
BEGIN
    SELECT * INTO j FROM SCHEMA.journal FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;  -- no epoch: greet, and ask again
    END IF;
    clock := clock_timestamp();
    first := j.n;
    epoch := j.epoch; n := first; oldest := j.oldest;
    IF j.epoch <> p_epoch OR j.file <> pg_relation_filenode('SCHEMA.journal') OR first < p_high THEN
        IF j.epoch = p_epoch THEN
            epoch := SCHEMA.fresh_epoch();
            UPDATE SCHEMA.journal SET epoch = append.epoch, place = SCHEMA.place(),
                file = pg_relation_filenode('SCHEMA.journal');
        END IF;
        verdict := 'epoch';
        RETURN;
    END IF;

    SELECT array_agg(k.id), array_agg(k.state), array_agg(k.holder),
        array_agg(extract(epoch FROM k.until - clock)::float8), array_agg(k.outcome), array_agg(k.n)
    INTO t_id, t_state, t_holder, t_seconds, t_outcome, t_n
    FROM unnest(o_id, o_holder, o_takes) AS o(id, holder, takes) JOIN SCHEMA.once AS k USING (id)
    WHERE k.at > clock - make_interval(secs => p_lifetime) AND NOT (
        k.state = 'pending' AND (k.holder = o.holder OR (o.takes AND k.until <= clock)));
    verdict := 'appended';
    IF t_id IS NOT NULL OR EXISTS (
        SELECT FROM unnest(x_stream, x_n) AS x(stream, n) LEFT JOIN SCHEMA.streams AS s USING (stream)
        WHERE coalesce(s.n, 0) <> x.n
    ) THEN
        verdict := 'refused';
    ELSE
        SELECT s.stream INTO missing FROM unnest(s_stream, s_begins) AS s(stream, begins)
        WHERE NOT s.begins AND NOT EXISTS (
            SELECT FROM SCHEMA.streams AS h WHERE h.stream = s.stream);
        IF FOUND THEN
            verdict := 'unbegun';
            t_id := ARRAY[missing];
        END IF;
    END IF;

    IF p_seen >= oldest AND first - p_seen <= p_far THEN
        SELECT coalesce(array_agg(f.n), '{}'), coalesce(array_agg(f.stream), '{}'),
            coalesce(array_agg(f.effects), '{}')
        INTO numbers, streams, effects
        FROM (SELECT e.n, e.stream, e.effects FROM SCHEMA.entries AS e
            WHERE e.n > p_seen ORDER BY e.n, e.part) AS f;
    END IF;
    IF verdict <> 'appended' THEN
        -- Nothing was written that would have to last.
        PERFORM set_config('synchronous_commit', 'off', true);
        RETURN;
    END IF;

    IF p_numbers > 0 THEN
        INSERT INTO SCHEMA.entries (n, part, stream, before, ends, effects, at)
        SELECT first + e.number, e.part, e.stream,
            CASE WHEN e.before IS NULL THEN coalesce(s.n, 0)
                WHEN e.before = 0 THEN 0 ELSE first + e.before END,
            e.ends, e.effects, clock
        FROM unnest(e_number, e_stream, e_before, e_ends, e_effects) WITH ORDINALITY
            AS e(number, stream, before, ends, effects, part)
        LEFT JOIN SCHEMA.streams AS s ON s.stream = e.stream;
        WITH kept AS (
            INSERT INTO SCHEMA.streams (stream, n, at)
            SELECT s.stream, first + s.number, clock
            FROM unnest(s_stream, s_number, s_ends) AS s(stream, number, ends) WHERE NOT s.ends
            ON CONFLICT (stream) DO UPDATE SET n = excluded.n, at = excluded.at
            RETURNING xmax = 0 AS fresh
        ) SELECT count(*) FILTER (WHERE fresh) INTO begun FROM kept;
        IF true = ANY (s_ends) THEN
            DELETE FROM SCHEMA.streams AS h USING unnest(s_stream, s_ends) AS s(stream, ends)
            WHERE s.ends AND h.stream = s.stream;
            GET DIAGNOSTICS ended = ROW_COUNT;
        END IF;
        PERFORM pg_notify('CHANNEL', (first + p_numbers)::text);
    END IF;
    IF cardinality(o_id) > 0 THEN
        DELETE FROM SCHEMA.once AS k USING unnest(o_id, o_state) AS o(id, state)
        WHERE o.state = 'free' AND k.id = o.id;
        GET DIAGNOSTICS freed = ROW_COUNT;
        WITH kept AS (
            INSERT INTO SCHEMA.once (id, state, holder, until, outcome, n, at)
            SELECT o.id, o.state, o.holder, clock + make_interval(secs => o.seconds), o.outcome,
                first + o.number, clock
            FROM unnest(o_id, o_state, o_holder, o_seconds, o_outcome, o_number)
                AS o(id, state, holder, seconds, outcome, number)
            WHERE o.state <> 'free'
            ON CONFLICT (id) DO UPDATE SET state = excluded.state, holder = excluded.holder,
                until = excluded.until, outcome = excluded.outcome, n = excluded.n, at = excluded.at
            RETURNING xmax = 0 AS fresh
        ) SELECT count(*) FILTER (WHERE fresh) INTO claimed FROM kept;
        IF j.once + claimed - freed > p_most THEN
            DELETE FROM SCHEMA.once WHERE id IN (
                SELECT k.id FROM SCHEMA.once AS k ORDER BY k.at, k.n
                LIMIT j.once + claimed - freed - p_most);
            claimed := p_most - j.once + freed;
        END IF;
    END IF;
    UPDATE SCHEMA.journal AS g SET n = first + p_numbers, streams = j.streams + begun - ended,
        once = j.once + claimed - freed;
END $$;

CREATE FUNCTION SCHEMA.behind(
    p_n bigint, p_limit bigint,
    OUT epoch text, OUT n bigint, OUT oldest bigint,
    OUT numbers bigint[], OUT streams bytea[], OUT effects bytea[]
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    SELECT CASE WHEN j.file = pg_relation_filenode('SCHEMA.journal') THEN j.epoch END, j.n, j.oldest
    INTO epoch, n, oldest FROM SCHEMA.journal AS j;
    IF p_n >= n THEN
        RETURN;
    END IF;
    SELECT array_agg(f.n), array_agg(f.stream), array_agg(f.effects)
    INTO numbers, streams, effects
    FROM (
        SELECT e.n, e.stream, e.effects FROM SCHEMA.entries AS e
        WHERE e.n > p_n AND e.n <= (
            SELECT max(l.n) FROM (
                SELECT i.n FROM SCHEMA.entries AS i WHERE i.n > p_n ORDER BY i.n LIMIT p_limit) AS l)
        ORDER BY e.n, e.part
    ) AS f;
END $$;

CREATE FUNCTION SCHEMA.load(
    p_stream bytea, p_at bigint,
    OUT epoch text, OUT n bigint, OUT oldest bigint, OUT head bigint,
    OUT base bigint, OUT document bytea,
    OUT numbers bigint[], OUT befores bigint[], OUT effects bytea[]
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    SELECT CASE WHEN j.file = pg_relation_filenode('SCHEMA.journal') THEN j.epoch END, j.n, j.oldest
    INTO epoch, n, oldest FROM SCHEMA.journal AS j;
    SELECT s.n INTO head FROM SCHEMA.streams AS s WHERE s.stream = p_stream;
    SELECT d.n, d.document INTO base, document FROM SCHEMA.documents AS d WHERE d.stream = p_stream;
    SELECT array_agg(f.n), array_agg(f.before), array_agg(f.effects)
    INTO numbers, befores, effects
    FROM (
        SELECT e.n, e.before, e.effects FROM SCHEMA.entries AS e
        WHERE e.stream = p_stream AND e.n > coalesce(base, 0) AND e.n <= coalesce(p_at, n)
        ORDER BY e.n, e.part
    ) AS f;
END $$;

-- Forget what is old, and tell up to where entries are folded into documents.
CREATE FUNCTION SCHEMA.trim(p_kept float8, p_lifetime float8, OUT epoch text, OUT n bigint,
    OUT oldest bigint) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    gone bigint;
    upto bigint;
BEGIN
    SELECT j.epoch, j.n, j.oldest INTO epoch, n, oldest FROM SCHEMA.journal AS j FOR UPDATE;
    DELETE FROM SCHEMA.once WHERE at <= clock_timestamp() - make_interval(secs => p_lifetime);
    GET DIAGNOSTICS gone = ROW_COUNT;
    DELETE FROM SCHEMA.seen AS u
    WHERE NOT EXISTS (SELECT FROM SCHEMA.streams AS s WHERE s.stream = u.stream);
    SELECT e.n INTO upto FROM SCHEMA.entries AS e
    WHERE e.n > oldest AND e.at < clock_timestamp() - make_interval(secs => p_kept)
    ORDER BY e.n DESC LIMIT 1;
    oldest := coalesce(upto, oldest);
    UPDATE SCHEMA.journal AS j SET oldest = trim.oldest, once = j.once - gone;
END $$;

-- Put a document in place of the entries that it was folded from.
CREATE FUNCTION SCHEMA.fold(p_epoch text, p_stream bytea, p_n bigint, p_document bytea)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM FROM SCHEMA.journal WHERE epoch = p_epoch AND p_n <= oldest FOR SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF p_document IS NULL THEN
        DELETE FROM SCHEMA.documents WHERE stream = p_stream AND n <= p_n;
    ELSE
        INSERT INTO SCHEMA.documents AS d (stream, n, document) VALUES (p_stream, p_n, p_document)
        ON CONFLICT (stream) DO UPDATE SET n = excluded.n, document = excluded.document
        WHERE d.n < excluded.n;
    END IF;
    DELETE FROM SCHEMA.entries WHERE stream = p_stream AND n <= p_n;
END $$;

-- Streams whose entries outweigh their document, or have ended: the others may wait.
CREATE FUNCTION SCHEMA.foldable(p_oldest bigint, p_after bytea, p_limit bigint, OUT streams bytea[])
LANGUAGE sql STABLE AS $$
    SELECT array_agg(f.stream ORDER BY f.stream) FROM (
        SELECT e.stream FROM SCHEMA.entries AS e LEFT JOIN SCHEMA.documents AS d USING (stream)
        WHERE e.n <= p_oldest AND e.stream > p_after
        GROUP BY e.stream
        HAVING sum(length(e.effects)) * 4 >= coalesce(max(length(d.document)), 0)
            OR count(*) >= 200 OR bool_or(e.ends)
        ORDER BY e.stream LIMIT p_limit) AS f
$$;

CREATE FUNCTION SCHEMA.describe(OUT epoch text, OUT n bigint, OUT oldest bigint,
    OUT streams bigint, OUT once bigint) LANGUAGE sql STABLE AS
$$
    SELECT CASE WHEN file = pg_relation_filenode('SCHEMA.journal') THEN epoch END, n, oldest, streams, once
    FROM SCHEMA.journal
$$;

CREATE FUNCTION SCHEMA.claimed(p_id bytea, p_lifetime float8, OUT state text, OUT holder bytea,
    OUT seconds float8, OUT outcome bytea, OUT at_n bigint) LANGUAGE sql VOLATILE AS $$
    SELECT state, holder, extract(epoch FROM until - clock_timestamp())::float8, outcome, n
    FROM SCHEMA.once
    WHERE id = p_id AND at > clock_timestamp() - make_interval(secs => p_lifetime)
$$;

CREATE FUNCTION SCHEMA.scan(p_store bytea, p_first bytea, p_behind bytea, p_after bytea,
    p_unseen float8, p_limit bigint, OUT streams bytea[]) LANGUAGE sql VOLATILE AS $$
    SELECT array_agg(f.stream ORDER BY f.stream) FROM (
        SELECT s.stream FROM SCHEMA.streams AS s LEFT JOIN SCHEMA.seen AS u USING (stream)
        WHERE (s.stream = p_store OR (s.stream >= p_first AND s.stream < p_behind))
            AND s.stream > p_after
            AND (p_unseen = 0 OR greatest(s.at, u.at)
                <= clock_timestamp() - make_interval(secs => p_unseen))
        ORDER BY s.stream LIMIT p_limit) AS f
$$;

CREATE FUNCTION SCHEMA.seen(p_streams bytea[]) RETURNS void LANGUAGE sql VOLATILE AS $$
    INSERT INTO SCHEMA.seen (stream, at)
    SELECT s.stream, clock_timestamp() FROM SCHEMA.streams AS s
    WHERE s.stream = ANY (p_streams) ORDER BY s.stream
    ON CONFLICT (stream) DO UPDATE SET at = excluded.at
$$;
