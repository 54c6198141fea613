/*
 * The floor: the least that a relay in user space can do. One thread, epoll, edge-triggered; each client gets a connection
 * to the next server, and what one side sends goes to the other. It parses nothing, times nothing, counts nothing, and
 * does not care for errors; a send that the kernel does not take at once ends the program, because the benchmark's
 * messages always fit.
 *
 * usage: floor ADDR PORT SERVER-PORT SERVER-ADDR...
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static int peer[1 << 16];
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

static void watch(int epoll, int fd, unsigned events)
{
	struct epoll_event e = {.events = events, .data.fd = fd};
	int on = 1;

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e))
		die("epoll_ctl");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void join(int epoll, int client, const char *host, int port)
{
	struct sockaddr_in a = address(host, port);
	int server = socket(AF_INET, SOCK_STREAM, 0);

	if (server < 0 || connect(server, (void *)&a, sizeof a))
		die("connect");
	peer[client] = server;
	peer[server] = client;
	watch(epoll, client, EPOLLIN | EPOLLRDHUP | EPOLLET);
	watch(epoll, server, EPOLLIN | EPOLLRDHUP | EPOLLET);
}

/* Both ends close together: a benchmark closes when it has all that it wants. */
static void part(int fd)
{
	close(peer[fd]);
	close(fd);
	peer[peer[fd]] = -1;
	peer[fd] = -1;
}

static void relay(int fd)
{
	ssize_t n;

	if (peer[fd] < 0)
		return;
	n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
	if (n > 0) {
		if (send(peer[fd], buffer, n, MSG_DONTWAIT | MSG_NOSIGNAL) != n && errno == EAGAIN)
			die("send");
	} else if (n == 0 || errno != EAGAIN) {
		part(fd);
	}
}

int main(int argc, char **argv)
{
	struct epoll_event events[64];
	struct sockaddr_in a = address(argv[1], atoi(argv[2]));
	int epoll = epoll_create1(0), listener = socket(AF_INET, SOCK_STREAM, 0), on = 1, turn = 0;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (void *)&a, sizeof a) || listen(listener, 4096))
		die("listen");
	watch(epoll, listener, EPOLLIN);
	for (;;) {
		int n = epoll_wait(epoll, events, 64, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd == listener)
				join(epoll, accept(listener, NULL, NULL), argv[4 + turn++ % (argc - 4)], atoi(argv[3]));
			else
				relay(fd);
		}
	}
}
