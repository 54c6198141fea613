/*
 * The floor: the least that a relay in user space can do. One thread, epoll, edge-triggered; each client gets a connection
 * to the next server, and what one side sends goes to the other. It parses nothing, times nothing, counts nothing, and
 * does not care for errors; a send that the kernel does not take at once ends the program, because the benchmark's
 * messages always fit.
 *
 * With -r each message of a client goes to the next server in turn, over a connection that is not in use, and the next
 * message on that one goes back: what balancing requests takes. Both must come in one piece each.
 *
 * usage: floor [-r] ADDR PORT SERVER-PORT SERVER-ADDR...
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_SERVERS = 1 << 10, MOST_IDLE = 1 << 7, MOST_FILES = 1 << 16 };

static int peer[MOST_FILES];
static int server_of[MOST_FILES]; /* 0: a client, else 1 + the number of the server */
static struct {
	int n, fd[MOST_IDLE];
} idle[MOST_SERVERS];
static int epoll;
static char buffer[1 << 15];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in address(const char *host, int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
		die(host);
	return a;
}

static void watch(int fd, unsigned events)
{
	struct epoll_event e = {.events = events, .data.fd = fd};
	int on = 1;

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e))
		die("epoll_ctl");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static int dial(const char *host, int port)
{
	struct sockaddr_in a = address(host, port);
	int server = socket(AF_INET, SOCK_STREAM, 0);

	if (server < 0 || connect(server, (void *)&a, sizeof a))
		die("connect");
	watch(server, EPOLLIN | EPOLLRDHUP | EPOLLET);
	return server;
}

static void join(int client, int server)
{
	peer[client] = server;
	peer[server] = client;
}

/* Both ends close together: a benchmark closes when it has all that it wants. */
static void part(int fd)
{
	close(fd);
	if (peer[fd] >= 0) {
		close(peer[fd]);
		peer[peer[fd]] = -1;
	}
	peer[fd] = -1;
}

static ssize_t pass(int fd)
{
	ssize_t n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);

	if (n > 0) {
		if (send(peer[fd], buffer, n, MSG_DONTWAIT | MSG_NOSIGNAL) != n && errno == EAGAIN)
			die("send");
	} else if (n == 0 || errno != EAGAIN) {
		part(fd);
	}
	return n;
}

static void relay(int fd)
{
	if (peer[fd] >= 0)
		pass(fd);
}

static int take(int s, const char *host, int port)
{
	int server;

	if (idle[s].n > 0)
		return idle[s].fd[--idle[s].n];
	server = dial(host, port);
	server_of[server] = 1 + s;
	return server;
}

static void put(int server)
{
	int s = server_of[server] - 1;

	peer[peer[server]] = -1;
	peer[server] = -1;
	idle[s].fd[idle[s].n++] = server;
}

/* A server ends, perhaps with its last message. */
static void leave(int server)
{
	int s = server_of[server] - 1, i = 0;

	if (peer[server] >= 0) {
		if (pass(server) <= 0)
			return;
		put(server);
	}
	while (i < idle[s].n && idle[s].fd[i] != server)
		i++;
	if (i < idle[s].n)
		idle[s].fd[i] = idle[s].fd[--idle[s].n];
	close(server);
}

/* A message of a client goes out, or that of a server back. */
static void balance(int fd, unsigned what, char **servers, int count, int port)
{
	static int turn;

	if (server_of[fd] == 0) {
		int s = turn++ % count;

		join(fd, take(s, servers[s], port));
		if (pass(fd) < 0 && peer[fd] >= 0)
			put(peer[fd]); /* there was none */
	} else if (what & EPOLLRDHUP) {
		leave(fd);
	} else if (peer[fd] >= 0 && pass(fd) > 0) {
		put(fd);
	}
}

static int welcome(int listener)
{
	int client = accept(listener, NULL, NULL);

	if (client < 0)
		die("accept");
	watch(client, EPOLLIN | EPOLLRDHUP | EPOLLET);
	server_of[client] = 0;
	peer[client] = -1;
	return client;
}

int main(int argc, char **argv)
{
	int turning = argc > 1 && !strcmp(argv[1], "-r"), listener = socket(AF_INET, SOCK_STREAM, 0), on = 1, turn = 0;
	char **args = argv + turning, **servers = args + 4;
	int count = argc - turning - 4, port = atoi(args[3]);
	struct sockaddr_in a = address(args[1], atoi(args[2]));
	struct epoll_event events[64];

	epoll = epoll_create1(0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (void *)&a, sizeof a) || listen(listener, 4096))
		die("listen");
	watch(listener, EPOLLIN);
	for (;;) {
		int n = epoll_wait(epoll, events, 64, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd == listener) {
				fd = welcome(listener);
				if (!turning)
					join(fd, dial(servers[turn++ % count], port));
			} else if (turning) {
				balance(fd, events[i].events, servers, count, port);
			} else {
				relay(fd);
			}
		}
	}
}
